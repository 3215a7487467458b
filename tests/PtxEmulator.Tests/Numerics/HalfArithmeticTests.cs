using System.Runtime.Intrinsics;
using Ditto.Emulation.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Numerics;

public sealed class HalfArithmeticTests
{
    [Test]
    public void Half_operations_round_once() => Each(0x7c00, (a, b, c) =>
    {
        Dyadic x = Dyadic.Of(Float16.ToDouble(a)), y = Dyadic.Of(Float16.ToDouble(b)), z = Dyadic.Of(Float16.ToDouble(c));
        bool productNegative = a >= 0x8000 != b >= 0x8000;
        Check(RoundingOracle.Half, Float16.Add(a, b), x + y, a >= 0x8000 && b >= 0x8000, "add", a, b, c);
        Check(RoundingOracle.Half, Float16.Sub(a, b), x + -y, a >= 0x8000 && b < 0x8000, "sub", a, b, c);
        Check(RoundingOracle.Half, Float16.Mul(a, b), x * y, productNegative, "mul", a, b, c);
        Check(RoundingOracle.Half, Float16.Fma(a, b, c), (x * y) + z, productNegative && c >= 0x8000, "fma", a, b, c);
    });

    [Test]
    public void Brain_operations_round_once() => Each(0x7f80, (a, b, c) =>
    {
        Dyadic x = Dyadic.Of(BFloat16.ToDouble(a)), y = Dyadic.Of(BFloat16.ToDouble(b)), z = Dyadic.Of(BFloat16.ToDouble(c));
        bool productNegative = a >= 0x8000 != b >= 0x8000;
        Check(RoundingOracle.BFloat16, BFloat16.Add(a, b), x + y, a >= 0x8000 && b >= 0x8000, "add", a, b, c);
        Check(RoundingOracle.BFloat16, BFloat16.Sub(a, b), x + -y, a >= 0x8000 && b < 0x8000, "sub", a, b, c);
        Check(RoundingOracle.BFloat16, BFloat16.Mul(a, b), x * y, productNegative, "mul", a, b, c);
        Check(RoundingOracle.BFloat16, BFloat16.Fma(a, b, c), (x * y) + z, productNegative && c >= 0x8000, "fma", a, b, c);
    });

    [Test]
    public void A_far_addend_decides_a_tied_brain_product()
    {
        // 0x3f81 = 1 + 2^-7; 3 (1 + 2^-7) = 3.0234375 is the middle of two bf16 numbers, and 2^-100 is lost in any double.
        ushort tiny = BFloat16.FromSingle(MathF.ScaleB(1, -100)), three = BFloat16.FromSingle(3);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(BFloat16.Fma(0x3f81, three, tiny), Is.EqualTo(0x4042));
            Assert.That(BFloat16.Fma(0x3f81, three, (ushort)(tiny | 0x8000)), Is.EqualTo(0x4041));
        }
    }

    [Test]
    public void Modifiers_clamp_and_flush()
    {
        const ushort One = 0x3c00, MinusOne = 0xbc00, Two = 0x4000, Denormal = 0x0001, SmallestNormal = 0x0400, Half = 0x3800;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Float16.Add(One, One, saturate: true), Is.EqualTo(One));
            Assert.That(Float16.Add(0x8000, 0x8000, saturate: true), Is.Zero);
            Assert.That(Float16.Add(0x7c00, 0xfc00, saturate: true), Is.Zero);
            Assert.That(Float16.Mul(SmallestNormal, Half, ftz: true), Is.Zero);
            Assert.That(Float16.Mul(SmallestNormal, Half), Is.EqualTo(0x0200));
            Assert.That(Float16.Mul(0x8001, Two, ftz: true), Is.EqualTo(0x8000));
            Assert.That(Float16.Fma(One, MinusOne, Denormal, relu: true), Is.Zero);
            Assert.That(Float16.Fma(0xffff, One, One, relu: true), Is.EqualTo(0x7fff));
            Assert.That(BFloat16.Fma(0x3f80, 0xbf80, 0, relu: true), Is.Zero);
            Assert.That(BFloat16.Fma(0xffff, 0, 0, relu: true), Is.EqualTo(0x7fff));
            Assert.That(Float16.Mul(0x7c00, 0), Is.EqualTo(0x7fff));
            Assert.That(BFloat16.Mul(0x7f80, 0), Is.EqualTo(0x7fff));
        }
    }

    [Test]
    public void Minimum_and_maximum_treat_NaN_and_zeros_as_documented()
    {
        float nan = float.NaN;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ieee32.Min(nan, 2), Is.EqualTo(2));
            Assert.That(Ieee32.Max(2, nan), Is.EqualTo(2));
            Assert.That(Bits(Ieee32.Min(nan, nan)), Is.EqualTo(0x7fff_ffff));
            Assert.That(Bits(Ieee32.Max(nan, 2, propagateNaN: true)), Is.EqualTo(0x7fff_ffff));
            Assert.That(Bits(Ieee32.Min(0, -0.0f)), Is.EqualTo(0x8000_0000));
            Assert.That(Bits(Ieee32.Max(-0.0f, 0)), Is.Zero);
            Assert.That(Ieee32.Min(-3, 2, xorSignAbs: true), Is.EqualTo(-2));
            Assert.That(Ieee32.Max(-3, -2, xorSignAbs: true), Is.EqualTo(3));
            Assert.That(Ieee64.Min(double.NaN, 2), Is.EqualTo(2));
            Assert.That(double.IsNegative(Ieee64.Min(0, -0.0)), Is.True);
            Assert.That(Float16.Min(0x7e00, 0x4000), Is.EqualTo(0x4000));
            Assert.That(Float16.Max(0x7e00, 0xfe00), Is.EqualTo(0x7fff));
            Assert.That(Float16.Min(0, 0x8000), Is.EqualTo(0x8000));
            Assert.That(Float16.Max(0x8001, 0x8000, ftz: true), Is.EqualTo(0x8000));
            Assert.That(BFloat16.Max(0x7fc0, 0x4000, propagateNaN: true), Is.EqualTo(0x7fff));
            Assert.That(BFloat16.Min(0xc040, 0x4000, xorSignAbs: true), Is.EqualTo(0xc000));
        }
    }

    [Test]
    public void Comparisons_of_NaN_depend_on_their_ordering()
    {
        FloatComparison[] unordered =
        [
            FloatComparison.Equ, FloatComparison.Neu, FloatComparison.Ltu, FloatComparison.Leu, FloatComparison.Gtu, FloatComparison.Geu,
            FloatComparison.Nan,
        ];
        FloatComparison[] less =
        [
            FloatComparison.Ne, FloatComparison.Lt, FloatComparison.Le, FloatComparison.Neu, FloatComparison.Ltu, FloatComparison.Leu,
            FloatComparison.Num,
        ];
        FloatComparison[] equal =
        [
            FloatComparison.Eq, FloatComparison.Le, FloatComparison.Ge, FloatComparison.Equ, FloatComparison.Leu, FloatComparison.Geu,
            FloatComparison.Num,
        ];
        foreach (FloatComparison comparison in Enum.GetValues<FloatComparison>())
        {
            using (Assert.EnterMultipleScope())
            {
                Assert.That(FloatComparer.Compare(comparison, double.NaN, 1), Is.EqualTo(unordered.Contains(comparison)), $"{comparison} on NaN");
                Assert.That(FloatComparer.Compare(comparison, 1, 2), Is.EqualTo(less.Contains(comparison)), $"1 {comparison} 2");
                Assert.That(FloatComparer.Compare(comparison, 0, -0.0), Is.EqualTo(equal.Contains(comparison)), $"0 {comparison} -0");
            }
        }
    }

    [Test]
    public void Flushing_and_saturating_agree_in_scalars_and_vectors()
    {
        foreach (float value in Operands.EdgeSingles.Append(float.NaN).Append(float.PositiveInfinity).Append(float.NegativeInfinity))
        {
            float flushed = float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;
            float saturated = float.IsNaN(value) ? 0 : Math.Clamp(value, 0, 1) + 0.0f;
            Vector256<float> lanes = Vector256.Create(value);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(Bits(Ieee32.FlushDenormal(value)), Is.EqualTo(Bits(flushed)), $"{value:R}");
                Assert.That(Bits(Ieee32.FlushDenormal(lanes)[0]), Is.EqualTo(Bits(flushed)), $"{value:R}");
                Assert.That(Bits(Ieee32.Saturate(value)), Is.EqualTo(Bits(saturated)), $"{value:R}");
                Assert.That(Bits(Ieee32.Saturate(lanes)[0]), Is.EqualTo(Bits(saturated)), $"{value:R}");
            }
        }
    }

    private static void Each(int infinity, Action<ushort, ushort, ushort> check)
    {
        Random random = new(6);
        ushort Draw() => (ushort)(random.Next(infinity) | (random.Next(2) << 15));
        ushort[] edges = [0, 0x8000, 1, 0x8001, 0x3ff, 0x400, (ushort)(infinity - 1), (ushort)(infinity - 1 | 0x8000), 0x3c00, 0x3f80, 0xbf80];
        for (int i = 0; i < 20000; i++)
        {
            ushort a = Draw(), b = Draw(), c = Draw();
            if (i % 4 == 0)
                a = edges[random.Next(edges.Length)];
            if (i % 8 < 2)
                c = edges[random.Next(edges.Length)];
            check((a & 0x7fff) < infinity ? a : (ushort)1, b, (c & 0x7fff) < infinity ? c : (ushort)1);
        }
    }

    private static void Check(RoundingOracle oracle, ushort actual, Dyadic exact, bool zeroNegative, string what, ushort a, ushort b, ushort c)
    {
        ulong expected = oracle.Round(exact, Rounding.NearestEven, zeroNegative);
        if (actual != expected)
            Assert.Fail($"{what} of 0x{a:x4}, 0x{b:x4}, 0x{c:x4}: 0x{actual:x4}, expected 0x{expected:x4}");
    }

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
