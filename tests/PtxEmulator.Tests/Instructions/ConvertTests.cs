using System.Numerics;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Tests.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary><c>cvt</c> against the definitions: integers of any size, and rounding by searching a format's neighbours.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ConvertTests
{
    private static readonly string[] Integers = ["u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"];

    private static readonly ulong[] Patterns =
    [
        0, 1, 2, 0x7e, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x17f, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ff80, 0xffff_ffff,
        0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_ff7f, ulong.MaxValue, 0x0123_4567_89ab_cdef,
    ];

    private static readonly float[] Singles =
    [
        0, -0.0f, 0.25f, 0.5f, -0.5f, 0.75f, 1, -1, 1.5f, 2.5f, -1.5f, -2.5f, 126.5f, 127.5f, 128, -128.5f, -129, 255.5f, 256, 32767.5f, -32768.5f,
        65535.5f, 8388607.5f, 2147483520, 2147483648, -2147483648, -2147483904, 4294967040, 4294967296, 9.223372e18f, -9.223372e18f, 1.8446744e19f,
        1e30f, -1e30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, -float.NaN, float.Epsilon, -float.Epsilon, 1.17549421e-38f,
    ];

    [Test]
    public void Integers_are_cut_to_the_source_and_extended_or_clamped(
        [ValueSource(nameof(Integers))] string to, [ValueSource(nameof(Integers))] string from, [Values] bool saturate)
    {
        string name = $"cvt.{(saturate ? "sat." : "")}{to}.{from}";
        ulong[] wide = Lanewise.Run($"{name} %d, %a;", 64, (64, Patterns));
        int register = Math.Max(Bits(to), 16), source = Math.Max(Bits(from), 16);
        ulong[] fitting = Lanewise.Run($"{name} %d, %a;", register, (source, Patterns));
        using (Assert.EnterMultipleScope())
        {
            for (int i = 0; i < Patterns.Length; i++)
            {
                BigInteger value = Cut(Patterns[i], from);
                ulong expected = Extended(saturate ? BigInteger.Clamp(value, Least(to), Greatest(to)) : Cut(value, to));
                Assert.That(wide[i], Is.EqualTo(expected), $"{name} of {Patterns[i]:x} into 64 bits");
                Assert.That(fitting[i], Is.EqualTo(expected & (ulong.MaxValue >> (64 - register))), $"{name} of {Patterns[i]:x}");
            }
        }
    }

    [Test]
    public void Floats_round_to_integers_and_clamp(
        [ValueSource(nameof(Integers))] string to, [Values("rni", "rzi", "rmi", "rpi")] string rounding,
        [Values("f32", "f64", "f16", "bf16")] string from)
    {
        string name = $"cvt.{rounding}.{to}.{from}";
        ulong[] operands = [.. Singles.Select(value => Narrowed(value, from)).Distinct()];
        ulong[] found = Lanewise.Run($"{name} %d, %a;", 64, (Bits(from), operands));
        ulong[] fitting = Lanewise.Run($"{name} %d, %a;", Math.Max(Bits(to), 16), (Bits(from), operands));
        using (Assert.EnterMultipleScope())
        {
            for (int i = 0; i < operands.Length; i++)
            {
                double value = Widened(operands[i], from);
                ulong expected = Extended(Integral(value, to, rounding, from));
                Assert.That(found[i], Is.EqualTo(expected), $"{name} of {value:R}");
                Assert.That(fitting[i], Is.EqualTo(expected & (ulong.MaxValue >> (64 - Math.Max(Bits(to), 16)))), $"{name} of {value:R}");
            }
        }
    }

    [Test]
    public void Integers_round_to_floats_once(
        [Values("u16", "s32", "u32", "s64", "u64")] string from, [Values("rn", "rz", "rm", "rp")] string rounding,
        [Values("f32", "f64", "f16", "bf16")] string to)
    {
        string name = $"cvt.{rounding}.{to}.{from}";
        Random random = new(7);
        ulong[] operands =
        [
            .. Patterns, 0xff_ffff, 0x100_0001, 0x100_0003, 65503, 65504, 65519, 65520, 0x20_0000_0000_0001, 0x40_0000_0000_0003, 0x8000_0040,
            .. Enumerable.Range(0, 200).Select(_ => (ulong)random.NextInt64() >> random.Next(64)),
        ];
        ulong[] found = Lanewise.Run($"{name} %d, %a;", Bits(to), (Math.Max(Bits(from), 16), operands));
        using (Assert.EnterMultipleScope())
        {
            for (int i = 0; i < operands.Length; i++)
            {
                BigInteger value = Cut(operands[i], from);
                Assert.That(found[i], Is.EqualTo(Oracle(to).Round(new Dyadic(value, 0), Direction(rounding))), $"{name} of {value}");
            }
        }
    }

    [TestCase("f16", "f32")]
    [TestCase("bf16", "f32")]
    [TestCase("f16", "f64")]
    [TestCase("bf16", "f64")]
    [TestCase("f32", "f64")]
    [TestCase("bf16", "f16")]
    [TestCase("f16", "bf16")]
    public void Floats_are_narrowed_once(string to, string from)
    {
        ulong[] operands = Operands(from);
        using (Assert.EnterMultipleScope())
        {
            foreach (string rounding in new[] { "rn", "rz", "rm", "rp" })
            {
                string name = $"cvt.{rounding}.{to}.{from}";
                ulong[] found = Lanewise.Run($"{name} %d, %a;", Bits(to), (Bits(from), operands));
                for (int i = 0; i < operands.Length; i++)
                {
                    double value = Widened(operands[i], from);
                    ulong expected = Oracle(to).Round(Dyadic.Of(value), Direction(rounding), double.IsNegative(value));
                    Assert.That(found[i], Is.EqualTo(expected), $"{name} of {value:R}");
                }
            }
        }
    }

    [Test]
    public void Every_half_is_widened_exactly()
    {
        ulong[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ulong)bits)];
        ulong[] halves = Lanewise.Run("cvt.f32.f16 %d, %a;", 32, (32, [.. all.Select(bits => bits | 0xabcd_0000)]));
        ulong[] brains = Lanewise.Run("cvt.f32.bf16 %d, %a;", 32, (16, all));
        for (int i = 0; i < all.Length; i++)
        {
            float half = (float)Lanewise.Half(all[i]), brain = Lanewise.Brain(all[i]);
            if (!Lanewise.Single(halves[i]).Equals(half) || !Lanewise.Single(brains[i]).Equals(brain))
                Assert.Fail(FormattableString.Invariant($"{i:x4}: f16 {half:R} as {halves[i]:x8}, bf16 {brain:R} as {brains[i]:x8}"));
        }
    }

    [TestCase("cvt.rni.f32.f32", MidpointRounding.ToEven)]
    [TestCase("cvt.rzi.f32.f32", MidpointRounding.ToZero)]
    [TestCase("cvt.rmi.f32.f32", MidpointRounding.ToNegativeInfinity)]
    [TestCase("cvt.rpi.f32.f32", MidpointRounding.ToPositiveInfinity)]
    public void Floats_round_to_integral_values_and_zeros_keep_the_sign(string name, MidpointRounding rounding)
    {
        float[] operands = [.. Singles.Where(float.IsFinite)];
        ulong[] expected = Lanewise.Bits(operands.Select(value => (float)Math.Round((double)value, rounding)));
        Assert.That(Lanewise.Run($"{name} %d, %a;", 32, (32, Lanewise.Bits(operands))), Is.EqualTo(expected));
        double[] wide = [.. operands.Select(value => (double)value)];
        Assert.That(Lanewise.Run($"{name.Replace("f32", "f64", StringComparison.Ordinal)} %d, %a;", 64, (64, Lanewise.Bits(wide))),
            Is.EqualTo(Lanewise.Bits(wide.Select(value => Math.Round(value, rounding)))));
    }

    [TestCase("cvt.rn.f16.f32", 16, 0x7f80_0000u, 0x7c00u)]
    [TestCase("cvt.rn.f16.f32", 16, 0xffc0_0001u, 0x7fffu)]
    [TestCase("cvt.rn.f16.f32", 16, 0x477f_efffu, 0x7bffu)]       // 65519.996
    [TestCase("cvt.rn.f16.f32", 16, 0x477f_f000u, 0x7c00u)]       // 65520, the tie
    [TestCase("cvt.rn.f16.f32", 16, 0x3300_0000u, 0u)]            // 2^-25, the tie next to 0
    [TestCase("cvt.rn.f16.f32", 16, 0x3300_0001u, 1u)]
    [TestCase("cvt.rn.satfinite.f16.f32", 16, 0xff80_0000u, 0xfbffu)]
    [TestCase("cvt.rn.satfinite.bf16.f32", 16, 0x7f7f_ffffu, 0x7f7fu)]
    [TestCase("cvt.rn.bf16.f32", 16, 0x7f7f_ffffu, 0x7f80u)]
    [TestCase("cvt.rn.bf16.f32", 16, 0x7f80_0001u, 0x7fffu)]
    [TestCase("cvt.rz.bf16.f32", 16, 0x7f7f_ffffu, 0x7f7fu)]
    [TestCase("cvt.rn.relu.bf16.f32", 16, 0xc000_0000u, 0u)]
    [TestCase("cvt.rn.relu.f16.f32", 16, 0xffc0_0000u, 0x7fffu)]
    [TestCase("cvt.rna.tf32.f32", 32, 0x3f80_1000u, 0x3f80_2000u)] // a tie, away from zero
    [TestCase("cvt.rn.tf32.f32", 32, 0x3f80_1000u, 0x3f80_0000u)]
    [TestCase("cvt.rz.tf32.f32", 32, 0xbf80_1fffu, 0xbf80_0000u)]
    [TestCase("cvt.rna.tf32.f32", 32, 0x7fff_ffffu, 0x7fff_e000u)]
    [TestCase("cvt.rna.satfinite.tf32.f32", 32, 0x7f80_0000u, 0x7f7f_e000u)]
    [TestCase("cvt.sat.f32.f32", 32, 0x7fc0_0000u, 0u)]
    [TestCase("cvt.sat.f32.f32", 32, 0x8000_0000u, 0u)]
    [TestCase("cvt.sat.f32.f32", 32, 0x7f80_0000u, 0x3f80_0000u)]
    [TestCase("cvt.ftz.f64.f32", 64, 0x807f_ffffu, 0x8000_0000_0000_0000u)]
    [TestCase("cvt.f64.f32", 64, 0x0000_0001u, 0x36a0_0000_0000_0000u)]
    [TestCase("cvt.rpi.ftz.f32.f32", 32, 0x0000_0001u, 0u)]
    [TestCase("cvt.rpi.f32.f32", 32, 0x0000_0001u, 0x3f80_0000u)]
    [TestCase("cvt.rpi.ftz.s32.f32", 32, 0x0000_0001u, 0u)]
    [TestCase("cvt.rni.f32.f32", 32, 0xffc0_1234u, 0x7fff_ffffu)]
    [TestCase("cvt.rni.sat.u8.f32", 32, 0x4380_0000u, 255u)]
    [TestCase("cvt.rn.sat.f32.s32", 32, 0xffff_fff0u, 0u)]
    public void Edges_are_as_documented(string name, int width, uint operand, ulong expected) =>
        Assert.That(Lanewise.Run($"{name} %d, %a;", width, (32, [operand])), Is.EqualTo(new[] { expected }));

    [Test]
    public void A_double_becomes_a_flushed_float() => Assert.That(
        Lanewise.Run("cvt.rn.ftz.f32.f64 %d, %a;", 32, (64, Lanewise.Bits([-1e-40, 1e-30]))), Is.EqualTo(Lanewise.Bits([-0.0f, 1e-30f])));

    [TestCase("add.f32 %a, %a, 0f00000000; cvt.rn.f16.f32 %d, 0f3F800000;")]
    public void A_literal_is_converted(string code) => Assert.That(Lanewise.Run(code, 16, (32, [0])), Is.EqualTo(new ulong[] { 0x3c00 }));

    private static ulong[] Operands(string type)
    {
        Random random = new(11);
        IEnumerable<ulong> drawn = type switch
        {
            "f64" => Lanewise.Bits(Enumerable.Range(0, 600).Select(_ => Numerics.Operands.Double(random)).Concat(Numerics.Operands.EdgeDoubles)),
            "f32" => Lanewise.Bits(Enumerable.Range(0, 600).Select(_ => Numerics.Operands.Single(random)).Concat(Numerics.Operands.EdgeSingles)),
            _ => Enumerable.Range(0, 2048).Select(n => (ulong)(n * 32) + (ulong)random.Next(32)),
        };
        // Halfway between two halves and two bfloat16 numbers, and one step aside.
        if (type == "f32") drawn = [.. drawn, 0x3f80_1000, 0x3f80_3000, 0x3f80_0fff, 0x3f80_1001, 0x3f80_8000, 0x3f81_8000, 0x3f80_7fff];
        return [.. drawn.Where(bits => double.IsFinite(Widened(bits, type)))];
    }

    private static int Bits(string type) => int.Parse(type.TrimStart('u', 's', 'b', 'f'), System.Globalization.CultureInfo.InvariantCulture);

    private static BigInteger Least(string type) => type[0] == 's' ? -(BigInteger.One << (Bits(type) - 1)) : 0;

    private static BigInteger Greatest(string type) => (BigInteger.One << (Bits(type) - (type[0] == 's' ? 1 : 0))) - 1;

    private static BigInteger Cut(BigInteger value, string type)
    {
        BigInteger low = value & ((BigInteger.One << Bits(type)) - 1);
        return low > Greatest(type) ? low - (BigInteger.One << Bits(type)) : low;
    }

    private static ulong Extended(BigInteger value) => (ulong)(value & ulong.MaxValue);

    private static BigInteger Integral(double value, string to, string rounding, string from)
    {
        if (double.IsNaN(value)) return Bits(to) <= 32 && from != "f64" ? 0 : Cut(BigInteger.One << (Bits(to) - 1), to);
        if (double.IsInfinity(value)) return value > 0 ? Greatest(to) : Least(to);
        BigInteger halves = (BigInteger)Math.Floor(value), rest = value > (double)halves ? 1 : 0;
        double fraction = value - Math.Floor(value);
        BigInteger result = rounding switch
        {
            "rmi" => halves,
            "rpi" => halves + rest,
            "rzi" => value < 0 ? halves + rest : halves,
            _ => fraction > 0.5 || (fraction == 0.5 && !halves.IsEven) ? halves + 1 : halves,
        };
        return BigInteger.Clamp(result, Least(to), Greatest(to));
    }

    private static Rounding Direction(string rounding) => Numerics.Operands.Directions[Array.IndexOf(["rn", "rz", "rm", "rp"], rounding)];

    private static RoundingOracle Oracle(string type) => type switch
    {
        "f64" => RoundingOracle.Double,
        "f32" => RoundingOracle.Single,
        "f16" => RoundingOracle.Half,
        _ => RoundingOracle.BFloat16,
    };

    private static ulong Narrowed(float value, string type) => type switch
    {
        "f64" => BitConverter.DoubleToUInt64Bits(value),
        "f32" => BitConverter.SingleToUInt32Bits(value),
        "f16" => BitConverter.HalfToUInt16Bits((Half)value),
        _ => BitConverter.SingleToUInt32Bits(value) >> 16,
    };

    private static double Widened(ulong bits, string type) => type switch
    {
        "f64" => BitConverter.UInt64BitsToDouble(bits),
        "f32" => Lanewise.Single(bits),
        "f16" => (double)Lanewise.Half(bits),
        _ => Lanewise.Brain(bits),
    };
}
