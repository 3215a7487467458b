using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary>The special function unit's instructions, within the errors that PTX documents and with its special values.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FunctionTests
{
    private const uint NaN = 0x7fff_ffff;
    private const uint Infinity = 0x7f80_0000;

    [TestCase("ex2.approx.f32", -125f, 127f, 2.4e-7, 0)]
    [TestCase("ex2.approx.ftz.f32", -125f, 127f, 2.4e-7, 0)]
    [TestCase("lg2.approx.f32", 0.5f, 2f, 0, 2.4e-7)]
    [TestCase("lg2.approx.ftz.f32", 2f, 1e30f, 2.4e-7, 0)]
    [TestCase("rcp.approx.f32", 1e-30f, 1e30f, 1.2e-7, 0)]
    [TestCase("rcp.approx.ftz.f32", -1e3f, -1e-3f, 1.2e-7, 0)]
    [TestCase("sqrt.approx.f32", 1e-30f, 1e30f, 1.2e-7, 0)]
    [TestCase("sqrt.approx.ftz.f32", 1e-3f, 1e3f, 1.2e-7, 0)]
    [TestCase("rsqrt.approx.f32", 1e-30f, 1e30f, 1.28e-7, 0)]
    [TestCase("rsqrt.approx.ftz.f32", 1e-3f, 1e3f, 1.28e-7, 0)]
    [TestCase("sin.approx.f32", -6.28f, 6.28f, 0, 6.7e-7)]
    [TestCase("sin.approx.ftz.f32", -314f, 314f, 0, 3.7e-5)]
    [TestCase("cos.approx.f32", -6.28f, 6.28f, 0, 6.7e-7)]
    [TestCase("cos.approx.ftz.f32", -314f, 314f, 0, 3.7e-5)]
    [TestCase("tanh.approx.f32", -10f, 10f, 4.8e-4, 0)]
    public void Errors_stay_within_the_documented_bounds(string name, float from, float to, double relative, double absolute)
    {
        Random random = new(31);
        bool logarithmic = from * to > 0 && MathF.Abs(from / to) is < 0.1f or > 10;
        float[] operands = [.. Enumerable.Range(0, 5000).Select(_ => Draw(random.NextDouble(), from, to, logarithmic))];
        ulong[] found = Lanewise.Run($"{name} %d, %a;", 32, (32, Lanewise.Bits(operands)));
        for (int n = 0; n < operands.Length; n++)
        {
            double exact = Exact(name.Split('.')[0], operands[n]), error = Math.Abs(Lanewise.Single(found[n]) - exact);
            if (error <= absolute + (relative * Math.Abs(exact))) continue;
            Assert.Fail(FormattableString.Invariant($"{name} of {operands[n]:R}: {Lanewise.Single(found[n]):R}, exact {exact:R}"));
        }
    }

    [TestCase("ex2.approx.f32", 0xff80_0000u, 0u)]
    [TestCase("ex2.approx.f32", Infinity, Infinity)]
    [TestCase("ex2.approx.f32", 0x4300_0000u, Infinity)]
    [TestCase("ex2.approx.f32", 0xc306_0000u, 0x0000_8000u)]      // 2^-134 is a denormal
    [TestCase("ex2.approx.ftz.f32", 0xc306_0000u, 0u)]
    [TestCase("ex2.approx.f32", 0xffc0_0000u, NaN)]
    [TestCase("lg2.approx.f32", 0x8000_0000u, 0xff80_0000u)]
    [TestCase("lg2.approx.f32", 0xbf80_0000u, NaN)]
    [TestCase("lg2.approx.f32", 0x0000_0001u, 0xc315_0000u)]
    [TestCase("lg2.approx.ftz.f32", 0x0000_0001u, 0xff80_0000u)]
    [TestCase("rcp.approx.f32", 0x8000_0000u, 0xff80_0000u)]
    [TestCase("rcp.approx.f32", 0xff80_0000u, 0x8000_0000u)]
    [TestCase("rcp.approx.ftz.f32", 0x8000_0001u, 0xff80_0000u)]
    [TestCase("rcp.rn.ftz.f32", 0x7f00_0000u, 0u)]                // 2^-127 is a denormal
    [TestCase("rcp.rn.f32", 0x7f00_0000u, 0x0040_0000u)]
    [TestCase("sqrt.approx.f32", 0x8000_0000u, 0x8000_0000u)]
    [TestCase("sqrt.rn.f32", 0xbf80_0000u, NaN)]
    [TestCase("sqrt.rm.ftz.f32", 0x0000_0001u, 0u)]
    [TestCase("rsqrt.approx.f32", 0x8000_0000u, 0xff80_0000u)]
    [TestCase("rsqrt.approx.f32", Infinity, 0u)]
    [TestCase("rsqrt.approx.f32", 0xbf80_0000u, NaN)]
    [TestCase("sin.approx.f32", 0x8000_0000u, 0x8000_0000u)]
    [TestCase("sin.approx.f32", Infinity, NaN)]
    [TestCase("cos.approx.f32", 0u, 0x3f80_0000u)]
    [TestCase("cos.approx.ftz.f32", 0xff80_0000u, NaN)]
    [TestCase("tanh.approx.f32", 0xff80_0000u, 0xbf80_0000u)]
    public void Special_values_are_as_documented(string name, uint operand, uint expected) =>
        Assert.That(Lanewise.Run($"{name} %d, %a;", 32, (32, [operand])), Is.EqualTo(new ulong[] { expected }));

    [Test]
    public void Double_approximations_use_and_give_upper_words()
    {
        double[] operands = [3, -7.5, 1e100, 2.5e-300];
        ulong[] found = Lanewise.Run("rcp.approx.ftz.f64 %d, %a;", 64, (64, Lanewise.Bits(operands)));
        ulong[] roots = Lanewise.Run("rsqrt.approx.f64 %d, %a;", 64, (64, Lanewise.Bits(operands)));
        using (Assert.EnterMultipleScope())
        {
            for (int n = 0; n < operands.Length; n++)
            {
                Assert.That((uint)found[n], Is.Zero, "the lower word");
                Assert.That(BitConverter.UInt64BitsToDouble(found[n]) * operands[n], Is.EqualTo(1).Within(4e-6));
                double root = BitConverter.UInt64BitsToDouble(roots[n]);
                Assert.That(root * root * operands[n], operands[n] < 0 ? Is.NaN : Is.EqualTo(1).Within(1e-14));
            }
        }
    }

    private static float Draw(double at, float from, float to, bool logarithmic) => logarithmic
        ? (float)(Math.Sign(from) * Math.Exp(double.Lerp(Math.Log(Math.Abs(from)), Math.Log(Math.Abs(to)), at)))
        : (float)double.Lerp(from, to, at);

    private static double Exact(string function, double value) => function switch
    {
        "ex2" => Math.Pow(2, value),
        "lg2" => Math.Log2(value),
        "rcp" => 1 / value,
        "sqrt" => Math.Sqrt(value),
        "rsqrt" => 1 / Math.Sqrt(value),
        "sin" => Math.Sin(value),
        "cos" => Math.Cos(value),
        _ => Math.Tanh(value),
    };
}
