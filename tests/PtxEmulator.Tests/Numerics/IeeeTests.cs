using Ditto.Emulation.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Numerics;

public sealed class IeeeTests
{
    private const int Draws = 4000;

    [Test]
    public void Single_sums_and_products_round_once_in_every_direction() => Each((random, rounding) =>
    {
        float a = Operands.Single(random), b = Operands.Single(random), c = Operands.Single(random);
        if (random.Next(4) == 0)
            c = -(a * b);                                         // the product's own rounding error remains
        if (!float.IsFinite(c))
            c = 1;
        Dyadic x = Dyadic.Of(a), y = Dyadic.Of(b), z = Dyadic.Of(c);
        using (Assert.EnterMultipleScope())
        {
            Check(Ieee32.Add(a, b, rounding), x + y, ZeroSign(a, b, rounding), rounding, $"{a:R} + {b:R}");
            Check(Ieee32.Sub(a, b, rounding), x + -y, ZeroSign(a, -b, rounding), rounding, $"{a:R} - {b:R}");
            Check(Ieee32.Mul(a, b, rounding), x * y, float.IsNegative(a) != float.IsNegative(b), rounding, $"{a:R} * {b:R}");
            Check(Ieee32.Fma(a, b, c, rounding), (x * y) + z, ZeroSign((double)a * b, c, rounding), rounding, $"{a:R} * {b:R} + {c:R}");
        }
    });

    [Test]
    public void Double_sums_and_products_round_once_in_every_direction() => Each((random, rounding) =>
    {
        double a = Operands.Double(random), b = Operands.Double(random), c = Operands.Double(random);
        if (random.Next(4) == 0 && double.IsFinite(a * b))
            c = -(a * b);
        Dyadic x = Dyadic.Of(a), y = Dyadic.Of(b), z = Dyadic.Of(c);
        bool productNegative = double.IsNegative(a) != double.IsNegative(b);
        using (Assert.EnterMultipleScope())
        {
            Check(Ieee64.Add(a, b, rounding), x + y, ZeroSign(a, b, rounding), rounding, $"{a:R} + {b:R}");
            Check(Ieee64.Sub(a, b, rounding), x + -y, ZeroSign(a, -b, rounding), rounding, $"{a:R} - {b:R}");
            Check(Ieee64.Mul(a, b, rounding), x * y, productNegative, rounding, $"{a:R} * {b:R}");
            bool zeroNegative = ZeroSign(productNegative ? -1.0 : 1.0, c, rounding);
            Check(Ieee64.Fma(a, b, c, rounding), (x * y) + z, zeroNegative, rounding, $"{a:R} * {b:R} + {c:R}");
        }
    });

    [Test]
    public void Quotients_round_once_in_every_direction() => Each((random, rounding) =>
    {
        float a = Operands.Single(random), b = Operands.Single(random);
        double c = Operands.Double(random), d = Operands.Double(random);
        using (Assert.EnterMultipleScope())
        {
            if (a != 0 && b != 0)
            {
                float expected = Single(Quotient(RoundingOracle.Single, a, b, rounding));
                Assert.That(Ieee32.Div(a, b, rounding), Is.EqualTo(expected), $"{a:R} / {b:R} {rounding}");
                Assert.That(Ieee32.Rcp(b, rounding), Is.EqualTo(Single(Quotient(RoundingOracle.Single, 1, b, rounding))), $"1 / {b:R} {rounding}");
            }
            if (c != 0 && d != 0)
            {
                double expected = Double(Quotient(RoundingOracle.Double, c, d, rounding));
                Assert.That(Ieee64.Div(c, d, rounding), Is.EqualTo(expected), $"{c:R} / {d:R} {rounding}");
            }
        }
    });

    [Test]
    public void Square_roots_round_once_in_every_direction() => Each((random, rounding) =>
    {
        float a = MathF.Abs(Operands.Single(random));
        double b = Math.Abs(Operands.Double(random));
        using (Assert.EnterMultipleScope())
        {
            ulong single = RoundingOracle.Single.Round(false, candidate => Dyadic.Of(a).CompareTo(candidate * candidate), rounding);
            Assert.That(Ieee32.Sqrt(a, rounding), Is.EqualTo(Single(single)), $"sqrt {a:R} {rounding}");
            ulong full = RoundingOracle.Double.Round(false, candidate => Dyadic.Of(b).CompareTo(candidate * candidate), rounding);
            Assert.That(Ieee64.Sqrt(b, rounding), Is.EqualTo(Double(full)), $"sqrt {b:R} {rounding}");
        }
    });

    [Test]
    public void A_fused_product_does_not_round_twice()
    {
        // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24 lies in the middle of two floats; a tiny addend decides, which a sum in double would lose.
        float factor = 1 + MathF.ScaleB(1, -12), tiny = MathF.ScaleB(1, -100);
        float below = 1 + MathF.ScaleB(1, -11), above = MathF.BitIncrement(below);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ieee32.Fma(factor, factor, tiny, Rounding.NearestEven), Is.EqualTo(above));
            Assert.That(Ieee32.Fma(factor, factor, -tiny, Rounding.NearestEven), Is.EqualTo(below));
            Assert.That(Ieee32.Fma(1, 1, tiny, Rounding.Up), Is.EqualTo(MathF.BitIncrement(1)));
            Assert.That(Ieee32.Fma(1, 1, -tiny, Rounding.Zero), Is.EqualTo(MathF.BitDecrement(1)));
        }
    }

    [Test]
    public void Special_operands_follow_the_standard([Values(0, 1, 2, 3)] int direction)
    {
        Rounding rounding = Operands.Directions[direction];
        const float Infinity = float.PositiveInfinity;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Bits(Ieee32.Add(Infinity, -Infinity, rounding)), Is.EqualTo(0x7fff_ffff));
            Assert.That(Bits(Ieee32.Mul(0, Infinity, rounding)), Is.EqualTo(0x7fff_ffff));
            Assert.That(Bits(Ieee32.Fma(Infinity, 1, -Infinity, rounding)), Is.EqualTo(0x7fff_ffff));
            Assert.That(Bits(Ieee32.Div(0, 0, rounding)), Is.EqualTo(0x7fff_ffff));
            Assert.That(Bits(Ieee32.Sqrt(-1, rounding)), Is.EqualTo(0x7fff_ffff));
            Assert.That(Bits(Ieee32.Sqrt(-0.0f, rounding)), Is.EqualTo(0x8000_0000));
            Assert.That(Ieee32.Add(Infinity, 1, rounding), Is.EqualTo(Infinity));
            Assert.That(Ieee32.Div(-1, 0, rounding), Is.EqualTo(-Infinity));
            Assert.That(Ieee32.Rcp(-0.0f, rounding), Is.EqualTo(-Infinity));
            Assert.That(Bits(Ieee32.Rcp(-Infinity, rounding)), Is.EqualTo(0x8000_0000));
            Assert.That(Ieee64.Fma(double.PositiveInfinity, 1, double.NegativeInfinity, rounding), Is.NaN);
            Assert.That(Ieee64.Div(1, -0.0, rounding), Is.EqualTo(double.NegativeInfinity));
            Assert.That(Ieee64.Sqrt(-1, rounding), Is.NaN);
        }
    }

    // Operands of the same signs in all tests of one direction: a failure repeats.
    private static void Each(Action<Random, Rounding> check)
    {
        foreach (Rounding rounding in Operands.Directions)
        {
            Random random = new(20);
            for (int i = 0; i < Draws; i++)
                check(random, rounding);
        }
    }

    private static bool ZeroSign(double a, double b, Rounding rounding) =>
        double.IsNegative(a) == double.IsNegative(b) ? double.IsNegative(a) : rounding == Rounding.Down;

    private static ulong Quotient(RoundingOracle oracle, double a, double b, Rounding rounding)
    {
        Dyadic x = Dyadic.Of(a).Magnitude, y = Dyadic.Of(b).Magnitude;
        return oracle.Round(a < 0 != b < 0, candidate => x.CompareTo(candidate * y), rounding);
    }

    private static void Check(float actual, Dyadic exact, bool zeroNegative, Rounding rounding, string what) =>
        Assert.That(Bits(actual), Is.EqualTo((uint)RoundingOracle.Single.Round(exact, rounding, zeroNegative)), $"{what}, {rounding}");

    private static void Check(double actual, Dyadic exact, bool zeroNegative, Rounding rounding, string what) => Assert.That(
        BitConverter.DoubleToUInt64Bits(actual), Is.EqualTo(RoundingOracle.Double.Round(exact, rounding, zeroNegative)), $"{what}, {rounding}");

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);
}
