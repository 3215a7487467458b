using System.Runtime.Intrinsics;
using Ditto.Emulation.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Numerics;

public sealed class ApproximateTests
{
    private const float Infinity = float.PositiveInfinity;

    [Test]
    public void Special_values_follow_the_table()
    {
        using (Assert.EnterMultipleScope())
        {
            Same(Approximate.Ex2(-Infinity), 0);
            Same(Approximate.Ex2(Infinity), Infinity);
            Same(Approximate.Ex2(-149), float.Epsilon);
            Same(Approximate.Ex2(-149, ftz: true), 0);
            Same(Approximate.Ex2(10), 1024);
            Same(Approximate.Lg2(0), -Infinity);
            Same(Approximate.Lg2(-0.0f), -Infinity);
            Same(Approximate.Lg2(-1), Ieee32.NaN);
            Same(Approximate.Lg2(float.Epsilon), -149);
            Same(Approximate.Lg2(float.Epsilon, ftz: true), -Infinity);
            Same(Approximate.Rcp(-0.0f), -Infinity);
            Same(Approximate.Rcp(-Infinity), -0.0f);
            Same(Approximate.Rcp(-float.Epsilon, ftz: true), -Infinity);
            Same(Approximate.Rcp(float.MaxValue, ftz: true), 0);
            Same(Approximate.Rsqrt(-0.0f), -Infinity);
            Same(Approximate.Rsqrt(Infinity), 0);
            Same(Approximate.Rsqrt(-1), Ieee32.NaN);
            Same(Approximate.Sqrt(-0.0f), -0.0f);
            Same(Approximate.Sqrt(-1), Ieee32.NaN);
            Same(Approximate.Sin(-0.0f), -0.0f);
            Same(Approximate.Sin(Infinity), Ieee32.NaN);
            Same(Approximate.Cos(-Infinity), Ieee32.NaN);
            Same(Approximate.Cos(0), 1);
            Same(Approximate.Tanh(-Infinity), -1);
            Same(Approximate.Tanh(float.NaN), Ieee32.NaN);
        }
    }

    [Test]
    public void Division_by_very_large_numbers_is_zero_in_the_approximate_form_only()
    {
        float limit = MathF.ScaleB(1, 126), beyond = MathF.BitIncrement(limit);
        using (Assert.EnterMultipleScope())
        {
            Same(Approximate.DivApprox(limit, limit), 1);
            Same(Approximate.DivApprox(limit, beyond), 0);
            Same(Approximate.DivApprox(-limit, beyond), -0.0f);
            Same(Approximate.DivApprox(Infinity, beyond), Ieee32.NaN);
            Same(Approximate.DivApprox(1, float.Epsilon, ftz: true), Infinity);
            Same(Approximate.DivFull(beyond, beyond), 1);
            Same(Approximate.DivFull(Infinity, beyond), Infinity);
            Same(Approximate.DivFull(3, float.Epsilon), Infinity);
            Same(Approximate.DivFull(0, 0), Ieee32.NaN);
        }
    }

    [Test]
    public void Reciprocals_of_doubles_know_their_upper_half_only()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Approximate.RcpUpper(4), Is.EqualTo(0.25));
            Assert.That(Approximate.RcpUpper(BitConverter.UInt64BitsToDouble(0x4010_0000_ffff_ffff)), Is.EqualTo(0.25));
            Assert.That(BitConverter.DoubleToUInt64Bits(Approximate.RcpUpper(3)), Is.EqualTo(0x3fd5_5555_0000_0000));
            Assert.That(BitConverter.DoubleToUInt64Bits(Approximate.RcpUpper(double.NaN)), Is.EqualTo(0x7fff_ffff_0000_0000));
            Assert.That(Approximate.RcpUpper(-double.Epsilon), Is.EqualTo(double.NegativeInfinity));
            Assert.That(Approximate.RcpUpper(double.MaxValue), Is.Zero);
            Assert.That(Approximate.RsqrtUpper(16), Is.EqualTo(0.25));
            Assert.That(Approximate.RsqrtUpper(-1), Is.NaN);
            Assert.That(Approximate.RsqrtUpper(double.PositiveInfinity), Is.Zero);
            Assert.That(Approximate.Rsqrt(16.0), Is.EqualTo(0.25));
        }
    }

    [Test]
    public void Every_half_and_bf16_exponential_and_tangent_is_within_its_bound()
    {
        for (int i = 0; i < 1 << 16; i++)
        {
            ushort bits = (ushort)i;
            double half = Float16.ToDouble(bits), brain = BFloat16.ToDouble(bits);
            if (!double.IsNaN(half))
            {
                double result = Float16.ToDouble(Approximate.Ex2Half(bits));
                Near(result, Math.Pow(2, half), Math.ScaleB(1, -11), Math.ScaleB(1, -25), 65519, $"ex2.f16 {half:R}");
                Near(Float16.ToDouble(Approximate.TanhHalf(bits)), Math.Tanh(half), 0, Math.Pow(2, -10.987), 2, $"tanh.f16 {half:R}");
            }
            if (!double.IsNaN(brain))
            {
                double result = BFloat16.ToDouble(Approximate.Ex2BFloat16(bits));
                Near(result, Math.Pow(2, brain), Math.ScaleB(1, -8), Math.ScaleB(1, -126), 3.395e38, $"ex2.bf16 {brain:R}");
                Near(BFloat16.ToDouble(Approximate.TanhBFloat16(bits)), Math.Tanh(brain), 0, Math.ScaleB(1, -8), 2, $"tanh.bf16 {brain:R}");
            }
        }
        Assert.That(Approximate.Ex2Half(0xcc00, ftz: true), Is.Zero, "2^-16 is a denormal half");
    }

    [Test]
    public void Vector_exponential_is_within_the_last_bit()
    {
        Random random = new(8);
        int different = 0;
        const int Rounds = 20000;
        for (int i = 0; i < Rounds; i++)
        {
            Vector256<float> value = Vector256.Create(
                (float)((random.NextDouble() * 300) - 160), random.NextSingle() * 2, -random.NextSingle(), random.Next(-150, 129),
                Operands.Single(random), (random.Next(-150, 129) * 2 + 1) / 2f, -126 - random.NextSingle(), 127 + random.NextSingle());
            Vector256<float> actual = ApproximateVector.Ex2(value), flushed = ApproximateVector.Ex2(value, ftz: true);
            for (int lane = 0; lane < 8; lane++)
            {
                float expected = Approximate.Ex2(value[lane]);
                int distance = Math.Abs(BitConverter.SingleToInt32Bits(actual[lane]) - BitConverter.SingleToInt32Bits(expected));
                different += distance;
                if (distance > 1 || flushed[lane] != Ieee32.FlushDenormal(actual[lane]))
                    Assert.Fail($"2^{value[lane]:R}: {actual[lane]:R}, expected {expected:R}");
            }
        }
        Assert.That(different, Is.LessThan(Rounds / 100), "nearly all are correctly rounded");
    }

    [Test]
    public void Vector_forms_equal_the_scalar_ones([Values] bool ftz)
    {
        Random random = new(2);
        float[] special = [0, -0.0f, float.Epsilon, -float.Epsilon, Infinity, -Infinity, float.NaN, -1, float.MaxValue, 1.17549435E-38f, 8.6e37f, 4];
        for (int i = 0; i < 2000; i++)
        {
            float value = i < special.Length ? special[i] : Operands.Single(random);
            Vector256<float> lanes = Vector256.Create(value);
            using (Assert.EnterMultipleScope())
            {
                Same(ApproximateVector.Rcp(lanes, ftz)[7], Approximate.Rcp(value, ftz), $"rcp {value:R}");
                Same(ApproximateVector.Sqrt(lanes, ftz)[7], Approximate.Sqrt(value, ftz), $"sqrt {value:R}");
                Same(ApproximateVector.Rsqrt(lanes, ftz)[7], Approximate.Rsqrt(value, ftz), $"rsqrt {value:R}");
                if (i < special.Length)
                    Same(ApproximateVector.Ex2(lanes, ftz)[7], Approximate.Ex2(value, ftz), $"ex2 {value:R}");
            }
        }
    }

    private static void Same(float actual, float expected, string? what = null) => Assert.That(
        BitConverter.SingleToUInt32Bits(actual), Is.EqualTo(BitConverter.SingleToUInt32Bits(expected)), $"{what}: {actual:R} for {expected:R}");

    private static void Near(double actual, double expected, double relative, double absolute, double largest, string what)
    {
        bool overflows = expected > largest;
        if (overflows ? !double.IsPositiveInfinity(actual) : !(Math.Abs(actual - expected) <= Math.Max(relative * expected, absolute)))
            Assert.Fail($"{what}: {actual:R}, expected {expected:R}");
    }
}
