using System.Numerics;
using Ditto.Emulation.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Numerics;

public sealed class IntegerConversionTests
{
    private static readonly int[] Widths = [8, 16, 32, 64];

    [Test]
    public void Floating_point_rounds_and_clamps_by_definition([Values(8, 16, 32, 64)] int bits)
    {
        Random random = new(bits);
        BigInteger half = BigInteger.One << (bits - 1);
        for (int i = 0; i < 4000; i++)
        {
            double value = (i % 4) switch
            {
                0 => Operands.Double(random),
                1 => random.Next(-1000, 1000) / 8.0,                                          // many ties
                2 => Math.ScaleB(random.NextDouble() - 0.5, bits + 1),
                _ => Math.ScaleB(1, bits - (i / 4 % 2)) * (random.Next(2) == 0 ? 1 : -1) + (random.Next(-8, 9) / 4.0),
            };
            foreach (Rounding rounding in Operands.All)
            {
                BigInteger integral = Integral(Dyadic.Of(value), rounding);
                long signed = (long)BigInteger.Min(BigInteger.Max(integral, -half), half - 1);
                ulong unsigned = (ulong)BigInteger.Min(BigInteger.Max(integral, 0), (half * 2) - 1);
                if (IntegerConversion.ToSigned(value, bits, rounding, false) != signed
                    || IntegerConversion.ToUnsigned(value, bits, rounding, true) != unsigned)
                    Assert.Fail($"{value:R}, {rounding}: expected {signed} and {unsigned}");
            }
            float narrow = (float)value;
            if (bits == 32 && float.IsFinite(narrow))
                Assert.That(IntegerConversion.TruncateToInt32(narrow), Is.EqualTo(IntegerConversion.ToSigned(narrow, 32, Rounding.Zero, false)));
        }
    }

    [Test]
    public void NaN_gives_zero_or_the_top_bit_and_infinities_clamp()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(IntegerConversion.ToSigned(double.NaN, 32, Rounding.Zero, fromDouble: false), Is.Zero);
            Assert.That(IntegerConversion.ToSigned(double.NaN, 32, Rounding.Zero, fromDouble: true), Is.EqualTo(int.MinValue));
            Assert.That(IntegerConversion.ToSigned(double.NaN, 64, Rounding.Zero, fromDouble: false), Is.EqualTo(long.MinValue));
            Assert.That(IntegerConversion.ToUnsigned(double.NaN, 16, Rounding.Zero, fromDouble: false), Is.Zero);
            Assert.That(IntegerConversion.ToUnsigned(double.NaN, 64, Rounding.Zero, fromDouble: false), Is.EqualTo(1UL << 63));
            Assert.That(IntegerConversion.TruncateToInt32(float.NaN), Is.Zero);
            Assert.That(IntegerConversion.TruncateToInt32(float.PositiveInfinity), Is.EqualTo(int.MaxValue));
            Assert.That(IntegerConversion.TruncateToInt32(float.NegativeInfinity), Is.EqualTo(int.MinValue));
            Assert.That(IntegerConversion.ToUnsigned(double.PositiveInfinity, 64, Rounding.Zero, true), Is.EqualTo(ulong.MaxValue));
            Assert.That(IntegerConversion.ToUnsigned(double.NegativeInfinity, 64, Rounding.Zero, true), Is.Zero);
        }
    }

    [Test]
    public void Integers_round_once_in_every_direction()
    {
        Random random = new(9);
        for (int i = 0; i < 2000; i++)
        {
            ulong unsigned = i < 8 ? ulong.MaxValue - (ulong)i : (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            // Ties of each format: few bits, then a one far below.
            if (i % 3 == 0)
                unsigned = (unsigned & 0xfff0_0000_0000_0000) >> random.Next(40) | (1UL << random.Next(30));
            long signed = (long)unsigned;
            foreach (Rounding rounding in Operands.All)
            {
                ulong Rounded(RoundingOracle oracle, BigInteger value) => oracle.Round(new Dyadic(value, 0), rounding);
                using (Assert.EnterMultipleScope())
                {
                    string what = $"{unsigned}, {signed}, {rounding}";
                    Assert.That(Bits(IntegerConversion.ToSingle(unsigned, rounding)), Is.EqualTo(Rounded(RoundingOracle.Single, unsigned)), what);
                    Assert.That(Bits(IntegerConversion.ToSingle(signed, rounding)), Is.EqualTo(Rounded(RoundingOracle.Single, signed)), what);
                    Assert.That(Bits(IntegerConversion.ToDouble(unsigned, rounding)), Is.EqualTo(Rounded(RoundingOracle.Double, unsigned)), what);
                    Assert.That(Bits(IntegerConversion.ToDouble(signed, rounding)), Is.EqualTo(Rounded(RoundingOracle.Double, signed)), what);
                    Assert.That(IntegerConversion.ToFloat16(unsigned, rounding), Is.EqualTo(Rounded(RoundingOracle.Half, unsigned)), what);
                    Assert.That(IntegerConversion.ToFloat16(signed, rounding), Is.EqualTo(Rounded(RoundingOracle.Half, signed)), what);
                    Assert.That(IntegerConversion.ToBFloat16(unsigned, rounding), Is.EqualTo(Rounded(RoundingOracle.BFloat16, unsigned)), what);
                    Assert.That(IntegerConversion.ToBFloat16(signed, rounding), Is.EqualTo(Rounded(RoundingOracle.BFloat16, signed)), what);
                }
            }
        }
    }

    [Test]
    public void Integers_clamp_to_narrower_ones()
    {
        long[] values =
        [
            0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32769, 65536, int.MaxValue, int.MinValue - 1L, 1L << 32,
            long.MaxValue, long.MinValue,
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (long value in values)
            {
                foreach (int bits in Widths)
                {
                    BigInteger half = BigInteger.One << (bits - 1);
                    BigInteger same = value, positive = (ulong)value, largest = (half * 2) - 1;
                    Assert.That((BigInteger)IntegerConversion.SaturateSigned(value, bits), Is.EqualTo(BigInteger.Clamp(same, -half, half - 1)));
                    Assert.That((BigInteger)IntegerConversion.SaturateUnsigned(value, bits), Is.EqualTo(BigInteger.Clamp(same, 0, largest)));
                    Assert.That((BigInteger)IntegerConversion.SaturateSigned((ulong)value, bits), Is.EqualTo(BigInteger.Min(positive, half - 1)));
                    Assert.That((BigInteger)IntegerConversion.SaturateUnsigned((ulong)value, bits), Is.EqualTo(BigInteger.Min(positive, largest)));
                }
            }
        }
    }

    [Test]
    public void Rounding_to_integral_values_keeps_the_sign_of_zero()
    {
        Random random = new(5);
        for (int i = 0; i < 4000; i++)
        {
            float value = i % 2 == 0 ? random.Next(-64, 65) / 8.0f : Operands.Single(random);
            foreach (Rounding rounding in Operands.All)
            {
                double expected = (double)Integral(Dyadic.Of(value), rounding);
                float actual = Ieee32.RoundToIntegral(value, rounding);
                if (actual != expected || Ieee64.RoundToIntegral(value, rounding) != expected || float.IsNegative(actual) != float.IsNegative(value))
                    Assert.Fail($"{value:R}, {rounding}: {actual:R}, expected {expected:R}");
            }
        }
    }

    private static BigInteger Integral(Dyadic exact, Rounding rounding)
    {
        if (exact.Exponent >= 0)
            return exact.Significand << exact.Exponent;
        BigInteger unit = BigInteger.One << -exact.Exponent, magnitude = exact.Magnitude.Significand;
        BigInteger low = magnitude / unit, twice = (magnitude % unit) * 2;
        bool up = rounding switch
        {
            Rounding.NearestEven => twice > unit || (twice == unit && !low.IsEven),
            Rounding.NearestAway => twice >= unit,
            Rounding.Up => !exact.IsNegative && !twice.IsZero,
            Rounding.Down => exact.IsNegative && !twice.IsZero,
            _ => false,
        };
        BigInteger rounded = up ? low + 1 : low;
        return exact.IsNegative ? -rounded : rounded;
    }

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);
}
