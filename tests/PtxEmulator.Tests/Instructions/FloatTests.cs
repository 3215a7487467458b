using Ditto.Emulation.Numerics;
using Ditto.Emulation.Tests.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary>f32 and f64 arithmetic as instructions: directions, <c>.ftz</c>, <c>.sat</c>, NaN, packed pairs.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FloatTests
{
    private const int Draws = 3000;
    private const uint NaN = 0x7fff_ffff;
    private const uint Denormal = 0x0000_0123;

    private static readonly string[] Directions = ["rn", "rz", "rm", "rp"];

    [Test]
    public void Single_results_are_rounded_once(
        [ValueSource(nameof(Directions))] string direction, [Values("add", "sub", "mul", "fma")] string opcode)
    {
        Random random = new(3);
        float[] a = [.. Draw(random, Operands.Single)], b = [.. Draw(random, Operands.Single)];
        float[] c = [.. a.Select((value, n) => n % 4 == 0 && float.IsFinite(value * b[n]) ? -(value * b[n]) : Operands.Single(random))];
        ulong[] found = Run(opcode, direction, "f32", 32, Lanewise.Bits(a), Lanewise.Bits(b), Lanewise.Bits(c));
        for (int n = 0; n < Draws; n++)
        {
            (Dyadic exact, bool negative) = Exact(opcode, a[n], b[n], c[n], direction);
            ulong expected = RoundingOracle.Single.Round(exact, Rounding(direction), negative);
            if (found[n] == expected) continue;
            Assert.Fail(FormattableString.Invariant($"{a[n]:R}, {b[n]:R}, {c[n]:R}: {found[n]:x8}, expected {expected:x8}"));
        }
    }

    [Test]
    public void Double_results_are_rounded_once(
        [ValueSource(nameof(Directions))] string direction, [Values("add", "sub", "mul", "fma")] string opcode)
    {
        Random random = new(5);
        double[] a = [.. Draw(random, Operands.Double)], b = [.. Draw(random, Operands.Double)], c = [.. Draw(random, Operands.Double)];
        ulong[] found = Run(opcode, direction, "f64", 64, Lanewise.Bits(a), Lanewise.Bits(b), Lanewise.Bits(c));
        for (int n = 0; n < Draws; n++)
        {
            (Dyadic exact, bool negative) = Exact(opcode, a[n], b[n], c[n], direction);
            ulong expected = RoundingOracle.Double.Round(exact, Rounding(direction), negative);
            if (found[n] == expected) continue;
            Assert.Fail(FormattableString.Invariant($"{a[n]:R}, {b[n]:R}, {c[n]:R}: {found[n]:x16}, expected {expected:x16}"));
        }
    }

    [Test]
    public void Quotients_and_roots_are_those_of_the_numeric_definitions([ValueSource(nameof(Directions))] string direction)
    {
        Random random = new(9);
        Rounding rounding = Rounding(direction);
        float[] a = [.. Draw(random, Operands.Single)], b = [.. Draw(random, Operands.Single)];
        double[] c = [.. a.Select(value => (double)value)], d = [.. Draw(random, Operands.Double)];
        ulong[] Singles(Func<float, float, float> function) => Lanewise.Bits(a.Zip(b, function));
        ulong[] Doubles(Func<double, double, double> function) => Lanewise.Bits(c.Zip(d, function));
        ulong[] x = Lanewise.Bits(a), y = Lanewise.Bits(b), z = Lanewise.Bits(c), w = Lanewise.Bits(d);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Run("div", direction, "f32", 32, x, y), Is.EqualTo(Singles((one, other) => Ieee32.Div(one, other, rounding))), "div");
            Assert.That(Run("rcp", direction, "f32", 32, y), Is.EqualTo(Singles((_, other) => Ieee32.Rcp(other, rounding))), "rcp");
            Assert.That(Run("sqrt", direction, "f32", 32, y), Is.EqualTo(Singles((_, other) => Ieee32.Sqrt(other, rounding))), "sqrt");
            Assert.That(Run("div", direction, "f64", 64, z, w), Is.EqualTo(Doubles((one, other) => Ieee64.Div(one, other, rounding))), "div.f64");
            Assert.That(Run("rcp", direction, "f64", 64, w), Is.EqualTo(Doubles((_, other) => Ieee64.Rcp(other, rounding))), "rcp.f64");
            Assert.That(Run("sqrt", direction, "f64", 64, w), Is.EqualTo(Doubles((_, other) => Ieee64.Sqrt(other, rounding))), "sqrt.f64");
        }
    }

    [Test]
    public void An_fma_is_not_a_product_and_a_sum()
    {
        // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: the last bit is lost by a rounded product.
        ulong[] a = Lanewise.Bits([1.000244140625f]), c = Lanewise.Bits([-1.00048828125f]);
        Assert.That(Lanewise.Single(Run("fma", "rn", "f32", 32, a, a, c)[0]), Is.EqualTo(MathF.ScaleB(1, -24)));
        Assert.That(Lanewise.Run("mul.f32 %d, %a, %a; add.f32 %d, %d, %b;", 32, (32, a), (32, c))[0], Is.Zero);
    }

    [TestCase("add.f32", Denormal, 0u, Denormal)]
    [TestCase("add.ftz.f32", Denormal, 0u, 0u)]
    [TestCase("add.ftz.f32", 0x8000_0123u, 0x8000_0000u, 0x8000_0000u)]
    [TestCase("mul.ftz.f32", 0x0080_0000u, 0x3f00_0000u, 0u)]     // 2^-126 / 2 is a denormal result
    [TestCase("mul.f32", 0x0080_0000u, 0x3f00_0000u, 0x0040_0000u)]
    [TestCase("mul.rz.ftz.f32", 0x8080_0000u, 0x3f00_0000u, 0x8000_0000u)]
    [TestCase("add.sat.f32", 0x4000_0000u, 0x3f80_0000u, 0x3f80_0000u)]
    [TestCase("sub.sat.f32", 0x3f80_0000u, 0x4000_0000u, 0u)]
    [TestCase("add.sat.f32", NaN, 0u, 0u)]
    [TestCase("mul.rz.sat.f32", 0xbf80_0000u, 0u, 0u)]
    [TestCase("add.f32", 0x7f80_0000u, 0xff80_0000u, NaN)]
    [TestCase("mul.f32", 0x7f80_0000u, 0u, NaN)]
    [TestCase("mul.rp.f32", 0xffc0_0001u, 0x3f80_0000u, NaN)]
    [TestCase("div.rn.f32", 0u, 0u, NaN)]
    [TestCase("div.rn.f32", 0xbf80_0000u, 0u, 0xff80_0000u)]
    [TestCase("div.rp.ftz.f32", Denormal, Denormal, NaN)]         // both are zeros
    [TestCase("div.full.f32", 0x40c0_0000u, 0x4000_0000u, 0x4040_0000u)]
    [TestCase("div.approx.f32", 0x40c0_0000u, 0x4000_0000u, 0x4040_0000u)]
    [TestCase("div.approx.f32", 0xc0c0_0000u, 0x7f00_0000u, 0x8000_0000u)]   // a divisor above 2^126
    [TestCase("div.approx.f32", 0x7f80_0000u, 0x7f00_0000u, NaN)]
    [TestCase("div.full.f32", 0x7f00_0000u, 0x7f00_0000u, 0x3f80_0000u)]
    [TestCase("min.f32", NaN, 0x3f80_0000u, 0x3f80_0000u)]
    [TestCase("max.f32", 0xbf80_0000u, 0xffc0_0000u, 0xbf80_0000u)]
    [TestCase("max.f32", 0xffc0_0000u, 0xffc0_0001u, NaN)]
    [TestCase("min.f32", 0u, 0x8000_0000u, 0x8000_0000u)]
    [TestCase("max.f32", 0x8000_0000u, 0u, 0u)]
    [TestCase("min.NaN.f32", 0x3f80_0000u, 0xffc0_0000u, NaN)]
    [TestCase("max.NaN.f32", 0x3f80_0000u, 0x4000_0000u, 0x4000_0000u)]
    [TestCase("max.ftz.f32", Denormal, 0x8000_0000u, 0u)]
    [TestCase("max.ftz.NaN.f32", NaN, Denormal, NaN)]
    [TestCase("max.xorsign.abs.f32", 0xc000_0000u, 0x3f80_0000u, 0xc000_0000u)]
    [TestCase("min.xorsign.abs.f32", 0xc000_0000u, 0xbf80_0000u, 0x3f80_0000u)]
    [TestCase("copysign.f32", 0x8000_0000u, 0x4000_0000u, 0xc000_0000u)]       // the magnitude of the second, the sign of the first
    public void Edges_are_as_documented(string name, uint a, uint b, uint expected) =>
        Assert.That(Lanewise.Run($"{name} %d, %a, %b;", 32, (32, [a]), (32, [b])), Is.EqualTo(new ulong[] { expected }));

    [TestCase("min.f32", 3, 1, 2, 1)]
    [TestCase("max.f32", 1, 2, 3, 3)]
    [TestCase("max.f32", 1, float.NaN, 0.5f, 1)]
    [TestCase("max.NaN.f32", 1, 2, float.NaN, float.NaN)]
    public void Three_operands_are_compared(string name, float a, float b, float c, float expected)
    {
        ulong[] found = Lanewise.Run($"{name} %d, %a, %b, %c;", 32, (32, Lanewise.Bits([a])), (32, Lanewise.Bits([b])), (32, Lanewise.Bits([c])));
        Assert.That(Lanewise.Single(found[0]), Is.EqualTo(expected));
    }

    [TestCase("neg.f32 %d, %a;", 0xffc0_0001u, 0x7fc0_0001u)]
    [TestCase("abs.f32 %d, %a;", 0xffc0_0001u, 0x7fc0_0001u)]
    [TestCase("abs.ftz.f32 %d, %a;", 0x8000_0001u, 0u)]
    [TestCase("add.f32 %d, %a, 1.5;", 0x3f80_0000u, 0x4020_0000u)]
    [TestCase("fma.rn.sat.f32 %d, %a, %a, %a;", 0xbf00_0000u, 0u)]
    [TestCase("fma.rm.ftz.f32 %d, %a, %a, %a;", 0x0000_0100u, 0u)]
    [TestCase("mad.rz.f32 %d, %a, %a, %a;", 0x4000_0000u, 0x40c0_0000u)]
    public void Forms_with_one_operand_give(string code, uint a, uint expected) =>
        Assert.That(Lanewise.Run(code, 32, (32, [a])), Is.EqualTo(new ulong[] { expected }));

    [Test]
    public void Pairs_of_floats_are_two_floats()
    {
        ulong[] a = [Pair(1, 2)], b = [Pair(10, float.NaN)], c = [Pair(-10, 5)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Lanewise.Run("add.rn.f32x2 %d, %a, %b;", 64, (64, a), (64, b)), Is.EqualTo(new[] { Pair(11, Ieee32.NaN) }));
            Assert.That(Lanewise.Run("mul.rz.f32x2 %d, %a, %b;", 64, (64, a), (64, c)), Is.EqualTo(new[] { Pair(-10, 10) }));
            Assert.That(Lanewise.Run("fma.rn.f32x2 %d, %a, %b, %c;", 64, (64, a), (64, a), (64, c)), Is.EqualTo(new[] { Pair(-9, 9) }));
            ulong[] tiny = [Pair(float.Epsilon, -float.Epsilon)];
            Assert.That(Lanewise.Run("sub.rp.ftz.f32x2 %d, %a, %b;", 64, (64, a), (64, tiny)), Is.EqualTo(new[] { Pair(1, 2) }));
        }
    }

    [TestCase("div.f32 %x0, %x1, %x2;")]
    [TestCase("div.f64 %y0, %y0, %y0;")]
    [TestCase("cvt.u32.u64 %p, %y0;")]
    [TestCase("fma.f32 %x0, %x1, %x2, %x3;")]
    [TestCase("add.NaN.f32 %x0, %x1, %x2;")]
    [TestCase("add.rni.f32 %x0, %x1, %x2;")]
    [TestCase("min.xorsign.f32 %x0, %x1, %x2;")]
    [TestCase("add.ftz.f64 %y0, %y0, %y0;")]
    [TestCase("min.NaN.f64 %y0, %y0, %y0;")]
    [TestCase("sin.f32 %x0, %x1;")]
    [TestCase("rcp.f32 %x0, %x1;")]
    [TestCase("rcp.approx.f64 %y0, %y0;")]
    [TestCase("sqrt.approx.f64 %y0, %y0;")]
    [TestCase("ex2.rn.f32 %x0, %x1;")]
    [TestCase("ex2.approx.bf16x2 %x0, %x1;")]
    [TestCase("tanh.approx.ftz.f32 %x0, %x1;")]
    [TestCase("add.sat.bf16x2 %x0, %x1, %x2;")]
    [TestCase("fma.f16x2 %x0, %x1, %x2, %x3;")]
    [TestCase("add.rz.f16x2 %x0, %x1, %x2;")]
    [TestCase("fma.rn.relu.sat.f16x2 %x0, %x1, %x2, %x3;")]
    [TestCase("div.f16x2 %x0, %x1, %x2;")]
    [TestCase("cvt.f32.s32 %x0, %x1;")]
    [TestCase("cvt.s32.f32 %x0, %x1;")]
    [TestCase("cvt.rn.s32.f32 %x0, %x1;")]
    [TestCase("cvt.rn.f64.f32 %y0, %x1;")]
    [TestCase("cvt.rn.u32.s32 %x0, %x1;")]
    [TestCase("cvt.rn.e4m3x2.f32 %x0, %x1, %x2;")]
    [TestCase("cvt.rn.satfinite.e2m1x2.f32 %x0, %x1, %x2;")]
    [TestCase("cvt.rs.f16x2.f32 %x0, %x1, %x2, %x3;")]
    [TestCase("cvt.rn.bf16x2.e4m3x2 %x0, %x1;")]
    public void A_form_that_PTX_lacks_is_refused_at_load(string code) => Lanewise.IsRefused(code);

    [TestCase("finite", 0x7f7f_ffffu, true)]
    [TestCase("finite", 0x7f80_0000u, false)]
    [TestCase("infinite", 0xff80_0000u, true)]
    [TestCase("number", 0x7f80_0001u, false)]
    [TestCase("notanumber", 0x7f80_0001u, true)]
    [TestCase("normal", 0x0080_0000u, true)]
    [TestCase("normal", 0u, false)]
    [TestCase("subnormal", 0x807f_ffffu, true)]
    [TestCase("subnormal", 0u, false)]
    public void Testp_knows_the_kinds_of_numbers(string test, uint value, bool expected) => Assert.That(
        Lanewise.Run($"testp.{test}.f32 %p, %a;", 1, (32, [value])), Is.EqualTo(new[] { expected ? 1ul : 0 }));

    [TestCase("eq", 0, 0)]
    [TestCase("ne", 1, 0)]
    [TestCase("lt", 1, 0)]
    [TestCase("ge", 0, 0)]
    [TestCase("equ", 0, 1)]
    [TestCase("neu", 1, 1)]
    [TestCase("ltu", 1, 1)]
    [TestCase("leu", 1, 1)]
    [TestCase("gtu", 0, 1)]
    [TestCase("geu", 0, 1)]
    [TestCase("num", 1, 0)]
    [TestCase("nan", 0, 1)]
    public void Comparisons_of_one_with_two_and_with_NaN(string comparison, int two, int nan) => Assert.That(
        Lanewise.Run($"setp.{comparison}.f32 %p, %a, %b;", 1, (32, Lanewise.Bits([1f, 1f])), (32, Lanewise.Bits([2f, float.NaN]))),
        Is.EqualTo(new[] { (ulong)two, (ulong)nan }));

    [Test]
    public void Both_results_join_the_third_predicate_as_it_was()
    {
        // p is also the third predicate: q must join its old value.
        const string code = "setp.eq.u32 %p, %x0, %x0; setp.lt.and.f32 %p|%q, %a, %b, %p;";
        ulong[] found = Lanewise.Run(code, 2, (32, Lanewise.Bits([1f, 2f])), (32, Lanewise.Bits([2f, 1f])));
        Assert.That(found, Is.EqualTo(new ulong[] { 1, 2 }));
    }

    private static ulong Pair(float low, float high) => BitConverter.SingleToUInt32Bits(low) | ((ulong)BitConverter.SingleToUInt32Bits(high) << 32);

    private static IEnumerable<T> Draw<T>(Random random, Func<Random, T> draw) => Enumerable.Range(0, Draws).Select(_ => draw(random));

    private static ulong[] Run(string opcode, string direction, string type, int width, params ulong[][] values)
    {
        int sources = opcode == "fma" ? 3 : opcode is "rcp" or "sqrt" ? 1 : 2;
        string operands = string.Concat("abc"[..sources].Select(name => $", %{name}"));
        return Lanewise.Run($"{opcode}.{direction}.{type} %d{operands};", width, [.. values.Take(sources).Select(list => (width, list))]);
    }

    private static Rounding Rounding(string direction) => Operands.Directions[Array.IndexOf(Directions, direction)];

    // IEEE 754, 6.3: an exact zero sum of unlike signs is +0, downward -0.
    private static (Dyadic Exact, bool ZeroIsNegative) Exact(string opcode, double a, double b, double c, string direction)
    {
        Dyadic x = Dyadic.Of(a), y = Dyadic.Of(b), z = Dyadic.Of(c);
        bool first = double.IsNegative(a), second = double.IsNegative(b), product = first != second;
        bool Sum(bool one, bool other) => one == other ? one : direction == "rm";
        return opcode switch
        {
            "add" => (x + y, Sum(first, second)),
            "sub" => (x + -y, Sum(first, !second)),
            "mul" => (x * y, product),
            _ => ((x * y) + z, Sum(product, double.IsNegative(c))),
        };
    }
}
