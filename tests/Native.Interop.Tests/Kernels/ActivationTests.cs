using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Activations against float64.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class ActivationTests(TestDevice device)
{
    private static readonly DType[] Storage = KernelCheck.Storage;
    private static readonly string[] Names = ["gelu_tanh", "gelu_erf", "quick_gelu", "silu"];

    [Test]
    public void Matches_float64([ValueSource(nameof(Storage))] DType type, [ValueSource(nameof(Names))] string name)
    {
        foreach (int count in new[] { 1, 5, 63, 1153, 2048, 5003 })
        {
            float[] x = Numbers.Rounded(new RandomTensors(count).Normal(count, 3), type);
            using TestMemory memory = device.Memory();
            Tensor y = memory.Allocate(type, count);
            Run(device.Operations, name, y, memory.Upload(x, type, count));
            double[] expected = [.. x.Select(value => Oracle(name, value))];
            KernelCheck.Near(memory.Download(y), expected, type);
        }
    }

    [Test]
    public void Each_value_of_a_fine_grid_is_right([ValueSource(nameof(Storage))] DType type, [ValueSource(nameof(Names))] string name)
    {
        float[] x = Numbers.Rounded([.. Enumerable.Range(-12000, 24001).Select(i => i * 1e-3f)], type);
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, x.Length);
        Run(device.Operations, name, y, memory.Upload(x, type, x.Length));
        double[] actual = memory.Download(y);
        for (int i = 0; i < x.Length; i++)
        {
            double value = x[i];
            KernelCheck.EachNear([actual[i]], [Oracle(name, value)], type, wanted => (1.5e-7 * Math.Abs(value)) + (1e-5 * Math.Abs(wanted)));
        }
    }

    [Test]
    public void Extremes_go_to_their_limits([ValueSource(nameof(Storage))] DType type, [ValueSource(nameof(Names))] string name)
    {
        float large = type == DType.F16 ? 65504 : 3.3e38f;
        float[] x = [0, 1e4f, -1e4f, large, -large, float.PositiveInfinity, float.NaN, 1e-30f];
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, x.Length);
        Run(device.Operations, name, y, memory.Upload(x, type, x.Length));
        float[] held = Numbers.Rounded(x, type);
        double[] expected = [0, held[1], 0, held[3], 0, double.PositiveInfinity, double.NaN, held[7] / 2];
        KernelCheck.EachNear(memory.Download(y), expected, type, _ => 0);
    }

    [Test]
    public void In_place_and_unaligned_give_the_same_bits([ValueSource(nameof(Storage))] DType type, [ValueSource(nameof(Names))] string name)
    {
        float[] x = new RandomTensors(3).Normal(4099, 2);
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, x.Length), place = memory.Upload(x, type, x.Length), odd = memory.AllocateAt(type, 1, x.Length);
        memory.Write(odd, x);
        Run(device.Operations, name, y, place);
        byte[] expected = memory.DownloadBytes(y);
        Run(device.Operations, name, place, place);
        Run(device.Operations, name, odd, odd);
        Assert.That(memory.DownloadBytes(place), Is.EqualTo(expected));
        Assert.That(memory.DownloadBytes(odd), Is.EqualTo(expected));
    }

    [Test]
    public void The_place_of_a_value_changes_no_bit([ValueSource(nameof(Storage))] DType type, [ValueSource(nameof(Names))] string name)
    {
        foreach (float value in new[] { 0.731f, -1.37f, -4.9f, 0.0123f })
        {
            using TestMemory memory = device.Memory();
            Tensor y = memory.Allocate(type, 2179);
            Run(device.Operations, name, y, memory.Upload([.. Enumerable.Repeat(value, 2179)], type, 2179));
            Assert.That(memory.Download(y).Distinct().Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public void Every_grid_gives_the_same_bits_and_every_block_is_right([ValueSource(nameof(Storage))] DType type)
    {
        float[] x = Numbers.Rounded(new RandomTensors(4).Normal(9001, 2), type);
        using TestMemory memory = device.Memory();
        Tensor input = memory.Upload(x, type, 9001), y = memory.Allocate(type, 9001);
        byte[] Run(Operations operations)
        {
            operations.GeluErf(y, input);
            return memory.DownloadBytes(y);
        }
        KernelCheck.SameForEveryGrid(device, Run);
        double[] expected = [.. x.Select(value => Oracle("gelu_erf", value))];
        KernelCheck.ForEveryBlock(device, operations => KernelCheck.Near(Numbers.ToDoubles(Run(operations), type), expected, type));
    }

    [Test]
    public void Nothing_is_done_where_there_is_nothing_and_bad_arguments_are_named()
    {
        using TestMemory memory = device.Memory();
        Tensor none = memory.Allocate(DType.F32, 0, 5), five = memory.Allocate(DType.F32, 5), six = memory.Allocate(DType.F32, 6);
        Assert.That(() => device.Operations.Silu(none, none), Throws.Nothing);
        KernelCheck.Refuses(() => device.Operations.Silu(five, six), "silu: y is f32 [5], x is f32 [6]");
        KernelCheck.Refuses(() => device.Operations.GeluTanh(five, memory.Allocate(DType.F16, 5)), "gelu_tanh", "f16 [5]");
        Tensor integers = memory.Allocate(DType.I64, 5);
        KernelCheck.Refuses(() => device.Operations.GeluErf(integers, integers), "i64");
        Tensor gaps = memory.Allocate(DType.F32, 4, 8).Slice(1, 0, 5);
        KernelCheck.Refuses(() => device.Operations.QuickGelu(gaps, gaps), "contiguous");
    }

    private static void Run(Operations operations, string name, Tensor y, Tensor x)
    {
        switch (name)
        {
            case "gelu_tanh": operations.GeluTanh(y, x); break;
            case "gelu_erf": operations.GeluErf(y, x); break;
            case "quick_gelu": operations.QuickGelu(y, x); break;
            default: operations.Silu(y, x); break;
        }
    }

    private static double Oracle(string name, double x) => name switch
    {
        "gelu_tanh" => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        "gelu_erf" => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        "quick_gelu" => x / (1 + Math.Exp(-1.702 * x)),
        _ => x / (1 + Math.Exp(-x)),
    };

    /// <summary>erf x = 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms have one sign.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 6) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
