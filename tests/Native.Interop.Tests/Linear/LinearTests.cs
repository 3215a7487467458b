using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Matrix products against float64.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class LinearTests(TestDevice device)
{
    private static IEnumerable<LinearCase> Cases()
    {
        (int, int, int)[] sizes = [(1, 1, 1), (5, 3, 7), (17, 33, 65), (1, 96, 128), (130, 257, 40), (64, 192, 64)];
        (DType, DType)[] types = [(DType.F32, DType.F32), (DType.BF16, DType.BF16), (DType.F16, DType.F16), (DType.BF16, DType.F32)];
        foreach ((int rows, int n, int k) in sizes)
        {
            foreach ((DType input, DType output) in types)
            {
                yield return new LinearCase(rows, n, k, input, output, false, false, Activation.None);
                yield return new LinearCase(rows, n, k, input, output, true, false, Activation.None);
                yield return new LinearCase(rows, n, k, input, output, false, true, Activation.None);
                yield return new LinearCase(rows, n, k, input, output, true, true, Activation.None);
                yield return new LinearCase(rows, n, k, input, output, false, false, Activation.GeluTanh);
                yield return new LinearCase(rows, n, k, input, output, true, false, Activation.GeluTanh);
            }
        }
    }

    private static IEnumerable<LinearCase> FusedCases() => Cases().Where(test => test is { Rows: 17, HasBias: true });

    [TestCaseSource(nameof(Cases))]
    public void Matches_float64(object data)
    {
        LinearCase test = (LinearCase)data;
        double[] expected = test.Expected();
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(test.Output, test.Rows, test.N);
        device.Operations.Linear(
            y,
            memory.Upload(test.X, test.Input, test.Rows, test.K),
            memory.Upload(test.Weight, test.Input, test.N, test.K),
            test.HasBias ? memory.Upload(test.Bias, test.Output, test.N) : default,
            test.HasResidual ? memory.Upload(test.Residual, test.Output, test.Rows, test.N) : default,
            test.Activation);
        Assert.That(memory.Download(y), TensorIs.Near(expected, test.MaxNmse(expected)));
    }

    [TestCaseSource(nameof(FusedCases))]
    public void Rows_may_be_strided_and_unaligned(object data)
    {
        LinearCase test = (LinearCase)data;
        double[] expected = test.Expected();
        using TestMemory memory = device.Memory();
        Tensor y = memory.UploadStrided(new float[test.Rows * test.N], test.Output, 3, test.Rows, test.N);
        Tensor weight = memory.AllocateAt(test.Input, 1, test.N, test.K);
        memory.Write(weight, test.Weight);
        device.Operations.Linear(
            y,
            memory.UploadStrided(test.X, test.Input, 5, test.Rows, test.K),
            weight,
            memory.Upload(test.Bias, test.Output, test.N),
            test.HasResidual ? memory.UploadStrided(test.Residual, test.Output, 1, test.Rows, test.N) : default,
            test.Activation);
        Assert.That(memory.Download(y), TensorIs.Near(expected, test.MaxNmse(expected)));
    }

    [Test]
    public void A_batch_with_its_own_strides_is_one_product_per_sample()
    {
        LinearCase test = new(12, 24, 16, DType.F32, DType.F32, true, true, Activation.None);
        double[] expected = test.Expected();
        using TestMemory memory = device.Memory();
        Tensor x = memory.UploadStrided(test.X, DType.F32, 8, 3, 4, 16);
        Tensor joint = memory.Allocate(DType.F32, 3, 9, 24);     // rows 2 to 5 of each sample are written
        Tensor y = joint.Slice(1, 2, 4);
        device.Operations.FillZero(joint);
        device.Operations.Linear(
            y,
            x,
            memory.Upload(test.Weight, DType.F32, 24, 16),
            memory.Upload(test.Bias, DType.F32, 24),
            memory.Upload(test.Residual, DType.F32, 3, 4, 24));
        Assert.That(memory.Download(y), TensorIs.Near(expected, 1e-12));
        Assert.That(memory.Download(joint.Slice(1, 0, 2)), Is.All.Zero);
        Assert.That(memory.Download(joint.Slice(1, 6, 3)), Is.All.Zero);
    }

    [Test]
    public void The_residual_may_be_the_output()
    {
        LinearCase test = new(33, 40, 56, DType.BF16, DType.BF16, true, true, Activation.None);
        double[] expected = test.Expected();
        using TestMemory memory = device.Memory();
        Tensor y = memory.Upload(test.Residual, DType.BF16, 33, 40);
        Tensor weight = memory.Upload(test.Weight, DType.BF16, 40, 56);
        device.Operations.Linear(y, memory.Upload(test.X, DType.BF16, 33, 56), weight, memory.Upload(test.Bias, DType.BF16, 40), y);
        Assert.That(memory.Download(y), TensorIs.Near(expected, test.MaxNmse(expected)));
    }

    [Test]
    public void Nothing_is_written_where_there_are_no_rows()
    {
        using TestMemory memory = device.Memory();
        Tensor weight = memory.Upload(new float[12], DType.F32, 3, 4);
        Assert.That(() => device.Operations.Linear(memory.Allocate(DType.F32, 0, 3), memory.Allocate(DType.F32, 0, 4), weight), Throws.Nothing);
    }

    [Test]
    public void Infinity_and_nan_stay_in_their_rows([Values(DType.F32, DType.BF16, DType.F16)] DType type)
    {
        LinearCase test = new(6, 20, 33, type, type, true, false, Activation.None);
        float[] x = [.. test.X];
        x[(2 * 33) + 7] = float.NaN;
        x[(4 * 33) + 30] = float.PositiveInfinity;
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, 6, 20);
        Tensor weight = memory.Upload(test.Weight, type, 20, 33);
        device.Operations.Linear(y, memory.Upload(x, type, 6, 33), weight, memory.Upload(test.Bias, type, 20));
        double[] values = memory.Download(y);
        for (int row = 0; row < 6; row++)
        {
            double[] part = values[(row * 20)..((row + 1) * 20)];
            if (row == 2) Assert.That(part, Is.All.NaN);
            else if (row == 4) Assert.That(part.All(value => double.IsInfinity(value) || double.IsNaN(value)), Is.True);
            else Assert.That(part.All(double.IsFinite), Is.True, $"row {row}");
        }
    }

    [Test]
    public void A_sum_beyond_half_precision_is_infinite()
    {
        using TestMemory memory = device.Memory();
        float[] large = [.. Enumerable.Repeat(200f, 64)];
        Tensor y = memory.Allocate(DType.F16, 1, 1);
        device.Operations.Linear(y, memory.Upload(large, DType.F16, 1, 64), memory.Upload(large, DType.F16, 1, 64));
        Assert.That(memory.Download(y), Is.EqualTo(new[] { double.PositiveInfinity }));
    }

    [Test]
    public void Bad_arguments_name_both_sides()
    {
        using TestMemory memory = device.Memory();
        Tensor x = memory.Allocate(DType.F32, 4, 8), weight = memory.Allocate(DType.F32, 6, 8), y = memory.Allocate(DType.F32, 4, 6);
        Operations run = device.Operations;
        using (Assert.EnterMultipleScope())
        {
            Refuses(() => run.Linear(y, x, memory.Allocate(DType.F32, 6, 9)), "x is f32 [4, 8]", "9");
            Refuses(() => run.Linear(x, x, weight), "y is f32 [4, 8]", "6");
            Refuses(() => run.Linear(y, memory.Allocate(DType.F32, 5, 8), weight), "x is f32 [5, 8], y is f32 [4, 6]");
            Refuses(() => run.Linear(y, memory.Allocate(DType.BF16, 4, 8), weight), "x is bf16 [4, 8]", "weight is f32 [6, 8]");
            Refuses(() => run.Linear(memory.Allocate(DType.BF16, 4, 6), x, weight), "bf16 [4, 6]");
            Refuses(() => run.Linear(y, x, weight, memory.Allocate(DType.F32, 5)), "bias is f32 [5]");
            Refuses(() => run.Linear(y, x, weight, residual: memory.Allocate(DType.F32, 4, 5)), "residual is f32 [4, 5]", "f32 [4, 6]");
            Refuses(() => run.Linear(y, default, weight), "x is absent");
        }
    }

    private static void Refuses(Action call, params string[] named)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => call());
        foreach (string text in named) Assert.That(refused.Message, Does.Contain(text));
    }
}
