using Ditto.Emulation.Numerics;
using Ditto.Emulation.Tests.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary>f16 and bf16 arithmetic and comparisons, single and packed.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class HalfTests
{
    private const int Draws = 4000;

    [Test]
    public void Results_are_rounded_once_in_both_halves(
        [Values("add", "sub", "mul", "fma")] string opcode, [Values("f16", "bf16")] string type, [Values] bool packed)
    {
        Random random = new(21);
        ulong[] a = [.. Draw(random, type)], b = [.. Draw(random, type)], c = [.. Draw(random, type)];
        string operands = opcode == "fma" ? "%d, %a, %b, %c" : "%d, %a, %b";
        int width = packed ? 32 : 16;
        ulong[] found = Lanewise.Run($"{opcode}.rn.{type}{(packed ? "x2" : "")} {operands};", width, (width, a), (width, b), (width, c));
        RoundingOracle oracle = type == "f16" ? RoundingOracle.Half : RoundingOracle.BFloat16;
        for (int n = 0; n < Draws; n++)
        {
            for (int shift = 0; shift < width; shift += 16)
            {
                double x = Value(a[n] >> shift, type), y = Value(b[n] >> shift, type), z = Value(c[n] >> shift, type);
                (Dyadic exact, bool negative) = Exact(opcode, x, y, z);
                ulong expected = oracle.Round(exact, Rounding.NearestEven, negative), got = (found[n] >> shift) & 0xffff;
                if (got == expected) continue;
                Assert.Fail(FormattableString.Invariant($"{x:R}, {y:R}, {z:R}, bit {shift}: {got:x4}, expected {expected:x4}"));
            }
        }
    }

    [TestCase("add.f16", 0x3c00u, 0x3c00u, 0x4000u)]
    [TestCase("add.ftz.f16", 0x0001u, 0x8000u, 0u)]
    [TestCase("add.sat.f16", 0x4000u, 0x3c00u, 0x3c00u)]
    [TestCase("sub.sat.f16", 0x7e00u, 0x3c00u, 0u)]
    [TestCase("add.f16", 0xfe01u, 0x3c00u, 0x7fffu)]
    [TestCase("mul.f16", 0x7bffu, 0x4000u, 0x7c00u)]
    [TestCase("mul.bf16", 0x7f80u, 0x0000u, 0x7fffu)]
    [TestCase("min.f16", 0x7e00u, 0x3c00u, 0x3c00u)]
    [TestCase("min.NaN.f16", 0x7e00u, 0x3c00u, 0x7fffu)]
    [TestCase("max.f16", 0x8000u, 0x0000u, 0x0000u)]
    [TestCase("max.ftz.f16", 0x0001u, 0x8000u, 0x0000u)]
    [TestCase("max.xorsign.abs.f16", 0xc000u, 0x3c00u, 0xc000u)]
    [TestCase("max.bf16", 0xffc0u, 0xbf80u, 0xbf80u)]
    [TestCase("max.NaN.bf16", 0xffc0u, 0xbf80u, 0x7fffu)]
    [TestCase("min.xorsign.abs.bf16", 0xbf80u, 0xc000u, 0x3f80u)]
    [TestCase("set.lt.f16.f16", 0x3c00u, 0x4000u, 0x3c00u)]
    [TestCase("set.lt.bf16.bf16", 0x3f80u, 0x4000u, 0x3f80u)]
    [TestCase("set.geu.u16.f16", 0x7e00u, 0x4000u, 0xffffu)]
    [TestCase("set.eq.ftz.f16.f16", 0x0001u, 0x8000u, 0x3c00u)]
    [TestCase("set.eq.f16.f16", 0x0001u, 0x8000u, 0u)]
    public void Edges_are_as_documented(string name, uint a, uint b, uint expected) =>
        Assert.That(Lanewise.Run($"{name} %d, %a, %b;", 16, (16, [a]), (16, [b])), Is.EqualTo(new ulong[] { expected }));

    [TestCase("neg.f16x2", 0x7e01_0000u, 0xfe01_8000u)]
    [TestCase("neg.ftz.f16x2", 0x0001_3c00u, 0x8000_bc00u)]
    [TestCase("abs.bf16x2", 0xffc1_bf80u, 0x7fc1_3f80u)]
    [TestCase("ex2.approx.f16x2", 0x4000_bc00u, 0x4400_3800u)]
    [TestCase("ex2.approx.ftz.bf16x2", 0x4000_bf80u, 0x4080_3f00u)]
    [TestCase("tanh.approx.f16x2", 0x7c00_8000u, 0x3c00_8000u)]
    [TestCase("tanh.approx.bf16x2", 0xff80_0000u, 0xbf80_0000u)]
    public void Forms_with_one_operand_act_on_both_halves(string name, uint a, uint expected) =>
        Assert.That(Lanewise.Run($"{name} %d, %a;", 32, (32, [a])), Is.EqualTo(new ulong[] { expected }));

    [TestCase("fma.rn.relu.f16", 0xbc00u, 0x3c00u, 0u, 0u)]
    [TestCase("fma.rn.relu.bf16", 0xffc0u, 0x3f80u, 0u, 0x7fffu)]
    [TestCase("fma.rn.sat.f16", 0x4000u, 0x4000u, 0u, 0x3c00u)]
    [TestCase("fma.rn.ftz.f16", 0x0001u, 0x3c00u, 0x8000u, 0u)]
    [TestCase("fma.rn.bf16", 0x3f81u, 0x3f81u, 0x0080u, 0x3f82u)]             // (1 + 2^-7)^2
    [TestCase("fma.rn.bf16", 0x3f80u, 0x3f80u, 0x3b80u, 0x3f80u)]             // 1 + 2^-8 is a tie
    public void Fused_results_give(string name, uint a, uint b, uint c, uint expected) => Assert.That(
        Lanewise.Run($"{name} %d, %a, %b, %c;", 16, (16, [a]), (16, [b]), (16, [c])), Is.EqualTo(new ulong[] { expected }));

    [TestCase("set.gt.f16x2.f16x2", 0x3c00_0000u)]
    [TestCase("set.gt.u32.f16x2", 0xffff_0000u)]
    [TestCase("set.le.u32.f16x2", 0x0000_ffffu)]
    [TestCase("set.leu.f16x2.f16x2", 0x0000_3c00u)]
    public void Packed_comparisons_keep_the_places(string name, uint expected) => Assert.That(
        Lanewise.Run($"{name} %d, %a, %b;", 32, (32, [0x4000_3c00]), (32, [0x3c00_4000])), Is.EqualTo(new ulong[] { expected }));

    [Test]
    public void Predicates_of_a_pair_are_low_and_high()
    {
        (int, ulong[]) a = (32, [0x4000_3c00, 0x3c00_4000, 0x7e00_7e00]), b = (32, [0x3c00_4000, 0x4000_3c00, 0x3c00_3c00]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Lanewise.Run("setp.lt.f16x2 %p|%q, %a, %b;", 2, a, b), Is.EqualTo(new ulong[] { 1, 2, 0 }));
            Assert.That(Lanewise.Run("setp.nan.f16x2 %p|%q, %a, %b;", 2, a, b), Is.EqualTo(new ulong[] { 0, 0, 3 }));
            Assert.That(Lanewise.Run("setp.eq.u32 %p, %x0, %x0; setp.lt.xor.f16x2 %p|%q, %a, %b, %p;", 2, a, b), Is.EqualTo(new ulong[] { 2, 1, 3 }));
        }
    }

    [Test]
    public void The_second_predicate_of_one_half_is_the_opposite()
    {
        (int, ulong[]) a = (16, [0x3c00, 0x4000, 0x7e00]), b = (16, [0x4000, 0x3c00, 0x3c00]);
        Assert.That(Lanewise.Run("setp.lt.f16 %p|%q, %a, %b;", 2, a, b), Is.EqualTo(new ulong[] { 1, 2, 2 }));
        Assert.That(Lanewise.Run("setp.lt.bf16 %p|%q, %a, %b;", 2, a, b), Is.EqualTo(new ulong[] { 1, 2, 2 }));
    }

    [TestCase("cvt.rn.f16x2.f32", 1f, 2f, 0x3c00_4000u)]
    [TestCase("cvt.rn.bf16x2.f32", 1f, 2f, 0x3f80_4000u)]
    [TestCase("cvt.rz.f16x2.f32", 65535f, -1.0009f, 0x7bff_bc00u)]
    [TestCase("cvt.rn.relu.bf16x2.f32", -1f, 1.00390625f, 0x0000_3f80u)]
    [TestCase("cvt.rn.relu.f16x2.f32", float.NaN, -3f, 0x7fff_0000u)]
    [TestCase("cvt.rn.satfinite.f16x2.f32", float.PositiveInfinity, -70000f, 0x7bff_fbffu)]
    public void The_first_of_two_floats_goes_to_the_high_half(string name, float a, float b, uint expected) => Assert.That(
        Lanewise.Run($"{name} %d, %a, %b;", 32, (32, Lanewise.Bits([a])), (32, Lanewise.Bits([b]))), Is.EqualTo(new ulong[] { expected }));

    [TestCase("cvt.rn.satfinite.e4m3x2.f32", 1f, -2f, 0x38c0u)]
    [TestCase("cvt.rn.satfinite.e4m3x2.f32", float.NegativeInfinity, float.NaN, 0xfe7fu)]
    [TestCase("cvt.rn.satfinite.e4m3x2.f32", 464f, 0.0009765625f, 0x7e00u)]   // 464 and 2^-10 are ties
    [TestCase("cvt.rn.satfinite.e5m2x2.f32", 1f, -1e9f, 0x3cfbu)]
    [TestCase("cvt.rn.satfinite.relu.e4m3x2.f32", -1f, 2f, 0x0040u)]
    [TestCase("cvt.rn.satfinite.relu.e5m2x2.f32", 1.5f, -1.5f, 0x3e00u)]
    public void The_first_of_two_floats_goes_to_the_high_byte(string name, float a, float b, uint expected) => Assert.That(
        Lanewise.Run($"{name} %d, %a, %b;", 16, (32, Lanewise.Bits([a])), (32, Lanewise.Bits([b]))), Is.EqualTo(new ulong[] { expected }));

    [TestCase("cvt.rn.f16x2.e4m3x2", 32, 16, 0x38c0u, 0x3c00_c000u)]
    [TestCase("cvt.rn.f16x2.e4m3x2", 32, 16, 0x7f01u, 0x7fff_1800u)]
    [TestCase("cvt.rn.f16x2.e5m2x2", 32, 16, 0x7cc0u, 0x7c00_c000u)]
    [TestCase("cvt.rn.relu.f16x2.e5m2x2", 32, 16, 0xfcc0u, 0u)]
    [TestCase("cvt.rn.satfinite.e5m2x2.f16x2", 16, 32, 0x7c00_3c00u, 0x7b3cu)]
    [TestCase("cvt.rn.satfinite.e4m3x2.f16x2", 16, 32, 0xc000_3c00u, 0xc038u)]
    public void Halves_and_bytes_keep_their_places(string name, int width, int source, uint a, uint expected) =>
        Assert.That(Lanewise.Run($"{name} %d, %a;", width, (source, [a])), Is.EqualTo(new ulong[] { expected }));

    [TestCase("cvt.pack.sat.s16.s32 %d, %a, %b;", 0x7fff_ff9cu)]
    [TestCase("cvt.pack.sat.u16.s32 %d, %a, %b;", 0xffff_0000u)]
    [TestCase("cvt.pack.sat.s8.s32.b32 %d, %a, %b, %c;", 0x5678_7f9cu)]
    [TestCase("cvt.pack.sat.u8.s32.b32 %d, %a, %b, %c;", 0x5678_ff00u)]
    [TestCase("cvt.pack.sat.s4.s32.b32 %d, %a, %b, %c;", 0x3456_7878u)]
    [TestCase("cvt.pack.sat.u2.s32.b32 %d, %a, %b, %c;", 0x2345_678cu)]
    public void Packing_clamps_both_and_moves_the_rest_up(string code, uint expected) => Assert.That(
        Lanewise.Run(code, 32, (32, [100000]), (32, [unchecked((uint)-100)]), (32, [0x1234_5678])), Is.EqualTo(new ulong[] { expected }));

    // With %a = 1 (bf16), %b = 1 (f16) and %c = 16384 (f32): no 16-bit result could hold the sum.
    [TestCase("add.f32.bf16 %d, %a, %c;", 16385f)]
    [TestCase("sub.rn.f32.f16 %d, %b, %c;", -16383f)]
    [TestCase("fma.rn.f32.bf16 %d, %a, %a, %c;", 16385f)]
    [TestCase("fma.rz.f32.f16 %d, %b, %b, %c;", 16385f)]
    [TestCase("add.sat.f32.f16 %d, %b, %c;", 1f)]
    public void Operands_of_16_bits_widen_where_the_result_is_f32(string code, float expected) => Assert.That(
        Lanewise.Single(Lanewise.Run(code, 32, (16, [0x3f80]), (16, [0x3c00]), (32, Lanewise.Bits([16384f])))[0]), Is.EqualTo(expected));

    private static IEnumerable<ulong> Draw(Random random, string type) =>
        Enumerable.Range(0, Draws).Select(_ => One(random, type) | (One(random, type) << 16));

    private static ulong One(Random random, string type)
    {
        while (true)
        {
            ulong bits = (ulong)random.Next(65536);
            if (random.Next(2) == 0) bits = (bits & 0x83ff) | 0x3c00;         // exponents close together, so that sums cancel and tie
            if (double.IsFinite(Value(bits, type))) return bits;
        }
    }

    private static double Value(ulong bits, string type) => type == "f16" ? (double)Lanewise.Half(bits) : Lanewise.Brain((ushort)bits);

    private static (Dyadic Exact, bool ZeroIsNegative) Exact(string opcode, double a, double b, double c)
    {
        Dyadic x = Dyadic.Of(a), y = Dyadic.Of(b), z = Dyadic.Of(c);
        bool first = double.IsNegative(a), second = double.IsNegative(b), product = first != second;
        return opcode switch
        {
            "add" => (x + y, first && second),
            "sub" => (x + -y, first && !second),
            "mul" => (x * y, product),
            _ => ((x * y) + z, product && double.IsNegative(c)),
        };
    }
}
