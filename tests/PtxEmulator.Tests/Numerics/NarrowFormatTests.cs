using System.Runtime.Intrinsics;
using Ditto.Emulation.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Numerics;

public sealed class NarrowFormatTests
{
    [Test]
    public void Every_half_widens_as_in_the_class_library()
    {
        for (int bits = 0; bits < 1 << 16; bits++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            float actual = Float16.ToSingle((ushort)bits);
            if (float.IsNaN(expected) ? !float.IsNaN(actual) : Bits(actual) != Bits(expected))
                Assert.Fail($"0x{bits:x4}: {actual:R}, expected {expected:R}");
        }
    }

    [Test]
    public void Every_number_of_16_bits_survives_widening_and_narrowing()
    {
        for (int i = 0; i < 1 << 16; i++)
        {
            ushort bits = (ushort)i;
            ushort half = (bits & 0x7fff) > 0x7c00 ? (ushort)0x7fff : bits;
            ushort brain = (bits & 0x7fff) > 0x7f80 ? (ushort)0x7fff : bits;
            foreach (Rounding rounding in Operands.All)
            {
                if (Float16.FromSingle(Float16.ToSingle(bits), rounding) != half || Float16.FromDouble(Float16.ToDouble(bits), rounding) != half)
                    Assert.Fail($"f16 0x{bits:x4}, {rounding}");
                float wide = BFloat16.ToSingle(bits);
                if (BFloat16.FromSingle(wide, rounding) != brain || BFloat16.FromDouble(wide, rounding) != brain)
                    Assert.Fail($"bf16 0x{bits:x4}, {rounding}");
            }
        }
    }

    [Test]
    public void Around_every_half_and_every_midpoint_narrowing_follows_the_class_library()
    {
        foreach (float value in Neighbourhoods(0x7c00, bits => Float16.ToSingle(bits)))
        {
            ushort expected = BitConverter.HalfToUInt16Bits((Half)value);
            if (Float16.FromSingle(value) != expected || Float16.FromDouble(value) != expected)
                Assert.Fail($"{value:R}: 0x{Float16.FromSingle(value):x4}, expected 0x{expected:x4}");
        }
    }

    [Test]
    public void Vector_forms_equal_the_scalar_ones()
    {
        float[] values =
        [
            .. Neighbourhoods(0x7c00, bits => Float16.ToSingle(bits)), .. Neighbourhoods(0x7f80, bits => BFloat16.ToSingle(bits)),
            float.NaN, BitConverter.UInt32BitsToSingle(0xff80_0001), float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -float.MaxValue,
        ];
        for (int i = 0; i < values.Length; i += 8)
        {
            Vector256<float> eight = Vector256.Create(i + 8 <= values.Length ? values.AsSpan(i, 8) : values.AsSpan(values.Length - 8));
            Vector256<uint> halves = Float16.FromSingle(eight), brains = BFloat16.FromSingle(eight);
            for (int lane = 0; lane < 8; lane++)
            {
                if (halves[lane] != Float16.FromSingle(eight[lane]) || brains[lane] != BFloat16.FromSingle(eight[lane]))
                    Assert.Fail($"{eight[lane]:R}: f16 0x{halves[lane]:x}, bf16 0x{brains[lane]:x}");
            }
        }
        for (uint bits = 0; bits < 1 << 16; bits++)
        {
            Vector256<uint> lanes = Vector256.Create(0xabcd_0000 | bits);       // the upper half is somebody else's
            if (Bits(Float16.ToSingle(lanes)[3]) != Bits(Float16.ToSingle((ushort)bits)) || Bits(BFloat16.ToSingle(lanes)[5]) != bits << 16)
                Assert.Fail($"0x{bits:x4}");
        }
    }

    [Test]
    public void Directed_narrowing_follows_the_definition([Values(0, 1, 2, 3, 4)] int direction)
    {
        Rounding rounding = Operands.All[direction];
        Random random = new(3);
        for (int i = 0; i < 6000; i++)
        {
            // Around the format's own numbers, and anywhere.
            float value = (i % 3) switch
            {
                0 => Float16.ToSingle((ushort)random.Next(0x7c00)) * (1 + ((random.Next(9) - 4) * MathF.ScaleB(1, -13))),
                1 => BFloat16.ToSingle((ushort)random.Next(0x7f80)) * (1 + ((random.Next(9) - 4) * MathF.ScaleB(1, -10))),
                _ => Operands.Single(random),
            };
            value = float.IsFinite(value) ? value : float.MaxValue;
            double full = Operands.Double(random);
            Dyadic exact = Dyadic.Of(value), fullExact = Dyadic.Of(full);
            bool negative = float.IsNegative(value), fullNegative = double.IsNegative(full);
            ulong Rounded(RoundingOracle oracle, bool finite = false) => oracle.Round(exact, rounding, negative, finite);
            ulong RoundedFull(RoundingOracle oracle) => oracle.Round(fullExact, rounding, fullNegative);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(Float16.FromSingle(value, rounding), Is.EqualTo(Rounded(RoundingOracle.Half)), $"f16 {value:R}");
                Assert.That(Float16.FromSingleFinite(value, rounding), Is.EqualTo(Rounded(RoundingOracle.Half, true)), $"f16 {value:R}");
                Assert.That(BFloat16.FromSingle(value, rounding), Is.EqualTo(Rounded(RoundingOracle.BFloat16)), $"bf16 {value:R}");
                Assert.That(BFloat16.FromSingleFinite(value, rounding), Is.EqualTo(Rounded(RoundingOracle.BFloat16, true)), $"bf16 {value:R}");
                Assert.That(TensorFloat32.FromSingle(value, rounding), Is.EqualTo(Rounded(RoundingOracle.TensorFloat32) << 13), $"tf32 {value:R}");
                Assert.That(Float16.FromDouble(full, rounding), Is.EqualTo(RoundedFull(RoundingOracle.Half)), $"f16 {full:R}");
                Assert.That(BFloat16.FromDouble(full, rounding), Is.EqualTo(RoundedFull(RoundingOracle.BFloat16)), $"bf16 {full:R}");
                Assert.That(Bits(Ieee32.FromDouble(full, rounding)), Is.EqualTo(RoundedFull(RoundingOracle.Single)), $"f32 {full:R}");
                if (float.IsFinite(value * 1.001f) && rounding == Rounding.NearestAway)
                    Assert.That(TensorFloat32.FromSingle(value, rounding), Is.EqualTo((Bits(value) + 0x1000) & 0xffff_e000), $"tf32 {value:R}");
            }
        }
    }

    [Test]
    public void Every_number_of_8_bits_has_its_defined_value_and_survives()
    {
        using (Assert.EnterMultipleScope())
        {
            for (int i = 0; i < 256; i++)
            {
                byte bits = (byte)i;
                ulong magnitude = (ulong)i & 0x7f;
                bool isNaN = magnitude == 0x7f;
                Assert.That(float.IsNaN(Float8.E4M3ToSingle(bits)), Is.EqualTo(isNaN));
                Assert.That(Float16.ToSingle(Float8.E4M3ToHalf(bits)), Is.EqualTo(Float8.E4M3ToSingle(bits)));
                Assert.That(Float8.E4M3FromSingle(Float8.E4M3ToSingle(bits)), Is.EqualTo(isNaN ? 0x7f : bits));
                Assert.That(Float8.E4M3FromHalf(Float8.E4M3ToHalf(bits)), Is.EqualTo(isNaN ? 0x7f : bits));
                if (!isNaN)
                    Assert.That(Compare(Float8.E4M3ToSingle(bits), RoundingOracle.E4M3.Value(magnitude)), Is.Zero, $"e4m3 0x{i:x2}");
                Assert.That(float.IsNaN(Float8.E5M2ToSingle(bits)), Is.EqualTo(magnitude > 0x7c));
                Assert.That(float.IsInfinity(Float8.E5M2ToSingle(bits)), Is.EqualTo(magnitude == 0x7c));
                Assert.That(Float16.ToSingle(Float8.E5M2ToHalf(bits)), Is.EqualTo(Float8.E5M2ToSingle(bits)));
                byte survivor = magnitude > 0x7c ? (byte)0x7f : magnitude == 0x7c ? (byte)(bits - 1) : bits;
                Assert.That(Float8.E5M2FromSingle(Float8.E5M2ToSingle(bits)), Is.EqualTo(survivor));
                if (magnitude < 0x7c)
                    Assert.That(Compare(Float8.E5M2ToSingle(bits), RoundingOracle.E5M2.Value(magnitude)), Is.Zero, $"e5m2 0x{i:x2}");
            }
        }
    }

    [Test]
    public void Every_half_narrows_to_8_bits_by_definition()
    {
        for (int bits = 0; bits < 1 << 16; bits++)
        {
            ushort half = (ushort)bits;
            if ((bits & 0x7c00) == 0x7c00)
                continue;
            Dyadic exact = Dyadic.Of(Float16.ToSingle(half));
            bool negative = bits >= 0x8000;
            ulong e4m3 = RoundingOracle.E4M3.Round(exact, Rounding.NearestEven, negative, finite: true);
            ulong e5m2 = RoundingOracle.E5M2.Round(exact, Rounding.NearestEven, negative, finite: true);
            if (Float8.E4M3FromHalf(half) != e4m3 || Float8.E5M2FromHalf(half) != e5m2)
                Assert.Fail($"0x{bits:x4}: 0x{Float8.E4M3FromHalf(half):x2}, 0x{Float8.E5M2FromHalf(half):x2}; expected 0x{e4m3:x2}, 0x{e5m2:x2}");
            if (Float8.E4M3FromHalf(half, relu: true) != (negative ? 0u : e4m3) || Float8.E5M2FromHalf(half, relu: true) != (negative ? 0u : e5m2))
                Assert.Fail($"0x{bits:x4} with relu");
        }
    }

    [Test]
    public void Special_values_follow_the_documented_facts()
    {
        float negativeNaN = BitConverter.UInt32BitsToSingle(0xffc0_0000);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Float16.FromSingle(65520), Is.EqualTo(0x7c00));
            Assert.That(Float16.FromSingle(MathF.BitDecrement(65520)), Is.EqualTo(0x7bff));
            Assert.That(Float16.FromSingle(MathF.ScaleB(1, -25)), Is.Zero);
            Assert.That(Float16.FromSingle(negativeNaN), Is.EqualTo(0x7fff));
            Assert.That(BFloat16.FromSingle(negativeNaN), Is.EqualTo(0x7fff));
            Assert.That(Float16.FromSingleFinite(float.NegativeInfinity), Is.EqualTo(0xfbff));
            Assert.That(BFloat16.FromSingleFinite(float.PositiveInfinity), Is.EqualTo(0x7f7f));
            Assert.That(TensorFloat32.FromSingle(BitConverter.UInt32BitsToSingle(0x7fff_ffff), Rounding.NearestAway), Is.EqualTo(0x7fff_e000));
            Assert.That(TensorFloat32.FromSingle(float.PositiveInfinity, Rounding.NearestAway), Is.EqualTo(0x7f80_0000));
            Assert.That(TensorFloat32.FromSingle(float.MaxValue, Rounding.NearestAway, finite: true), Is.EqualTo(0x7f7f_e000));
            Assert.That(TensorFloat32.Truncate(0x3f80_1fff), Is.EqualTo(1f));
            Assert.That(Float8.E4M3FromSingle(1e9f), Is.EqualTo(0x7e));
            Assert.That(Float8.E4M3FromSingle(float.NegativeInfinity), Is.EqualTo(0xfe));
            Assert.That(Float8.E5M2FromSingle(float.PositiveInfinity), Is.EqualTo(0x7b));
            Assert.That(Float8.E4M3FromSingle(negativeNaN, relu: true), Is.EqualTo(0x7f));
            Assert.That(Float8.E5M2FromSingle(negativeNaN), Is.EqualTo(0x7f));
        }
    }

    // Each finite number, the middle to the next one, and both float neighbours of each.
    private static IEnumerable<float> Neighbourhoods(int count, Func<ushort, float> value)
    {
        for (int bits = 0; bits < count; bits++)
        {
            float exact = value((ushort)bits), next = value((ushort)(bits + 1));
            float middle = float.IsInfinity(next) ? exact + (0.5f * (exact - value((ushort)(bits - 1)))) : (float)(((double)exact + next) / 2);
            foreach (float centre in new[] { exact, middle })
            {
                foreach (float near in new[] { MathF.BitDecrement(centre), centre, MathF.BitIncrement(centre) })
                {
                    yield return near;
                    yield return -near;
                }
            }
        }
    }

    private static int Compare(float value, Dyadic magnitude) => Dyadic.Of(value).Magnitude.CompareTo(magnitude);

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
