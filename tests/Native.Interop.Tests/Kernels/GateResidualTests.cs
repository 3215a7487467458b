using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Gated residuals, alone and with the norm that follows, against float64.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class GateResidualTests(TestDevice device)
{
    private static readonly DType[] Storage = KernelCheck.Storage;

    [Test]
    public void Matches_float64([ValueSource(nameof(Storage))] DType type, [Values] bool gated)
    {
        foreach (int dim in KernelCheck.Lengths)
        {
            NormCase data = new(type, 2, 3, dim);
            using TestMemory memory = device.Memory();
            Tensor x = memory.Upload(data.X, type, 2, 3, dim);
            (Tensor gate, _, _) = data.UploadModulation(memory);
            device.Operations.GateResidual(x, memory.Upload(data.Source, type, 2, 3, dim), gated ? gate : default);
            KernelCheck.Near(memory.Download(x), data.Residual(gated), type);
        }
    }

    [Test]
    public void Fused_with_the_norm_it_matches_float64([ValueSource(nameof(Storage))] DType type, [Values] bool gated, [Values] bool modulated)
    {
        foreach (int dim in KernelCheck.Lengths)
        {
            NormCase data = new(type, 2, 3, dim);
            using TestMemory memory = device.Memory();
            Tensor x = memory.Upload(data.X, type, 6, dim), h = memory.Allocate(type, 6, dim);
            (Tensor gate, Tensor shift, Tensor scale) = data.UploadModulation(memory);
            device.Operations.GateResidualLayerNormModulate(
                x, h, memory.Upload(data.Source, type, 6, dim), gated ? gate : default, modulated ? shift : default, modulated ? scale : default,
                NormCase.Eps);
            double[] sums = memory.Download(x);
            KernelCheck.Near(sums, data.Residual(gated), type);
            KernelCheck.Near(memory.Download(h), data.Norm(sums, true, false, modulated, modulated), type);
        }
    }

    [Test]
    public void Fused_and_apart_give_the_same_bits(
        [ValueSource(nameof(Storage))] DType type, [Values(5, 72, 1152, 1153)] int dim, [Values(0, 1)] long offset)
    {
        NormCase data = new(type, 3, 2, dim);
        using TestMemory memory = device.Memory();
        Tensor fused = memory.AllocateAt(type, offset, 6, dim), apart = memory.AllocateAt(type, offset, 6, dim);
        Tensor source = memory.AllocateAt(type, offset, 6, dim), h = memory.AllocateAt(type, offset, 6, dim);
        Tensor expected = memory.AllocateAt(type, offset, 6, dim);
        (Tensor gate, Tensor shift, Tensor scale) = data.UploadModulation(memory, offset);
        memory.Write(fused, data.X);
        memory.Write(apart, data.X);
        memory.Write(source, data.Source);
        device.Operations.GateResidualLayerNormModulate(fused, h, source, gate, shift, scale, NormCase.Eps);
        device.Operations.GateResidual(apart, source, gate);
        device.Operations.LayerNormModulate(expected, apart, shift, scale, NormCase.Eps);
        Assert.That(memory.DownloadBytes(fused), Is.EqualTo(memory.DownloadBytes(apart)));
        Assert.That(memory.DownloadBytes(h), Is.EqualTo(memory.DownloadBytes(expected)));
    }

    [Test]
    public void Every_grid_gives_the_same_bits_and_every_block_is_right([ValueSource(nameof(Storage))] DType type)
    {
        NormCase data = new(type, 5, 7, 321);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Allocate(type, 35, 321), h = memory.Allocate(type, 35, 321), source = memory.Upload(data.Source, type, 35, 321);
        (Tensor gate, Tensor shift, Tensor scale) = data.UploadModulation(memory);
        byte[] Run(Operations operations)
        {
            memory.Write(x, data.X);
            operations.GateResidualLayerNormModulate(x, h, source, gate, shift, scale, NormCase.Eps);
            return memory.DownloadBytes(h);
        }
        KernelCheck.SameForEveryGrid(device, Run);
        double[] expected = data.Norm(Rounded(data.Residual(true), type), true, false, true, true);
        KernelCheck.ForEveryBlock(device, operations => KernelCheck.Near(Numbers.ToDoubles(Run(operations), type), expected, DType.BF16));
    }

    [Test]
    public void A_sum_beyond_the_type_is_infinite_and_a_nan_stays_where_it_is([ValueSource(nameof(Storage))] DType type)
    {
        float large = type == DType.F16 ? 60000 : 3e38f;
        float[] x = [large, -large, 1, float.NaN, 2], source = [large, -large, 2, 1, float.PositiveInfinity];
        using TestMemory memory = device.Memory();
        Tensor sum = memory.Upload(x, type, 1, 5);
        device.Operations.GateResidual(sum, memory.Upload(source, type, 1, 5), default);
        double[] expected = [double.PositiveInfinity, double.NegativeInfinity, 3, double.NaN, double.PositiveInfinity];
        Assert.That(memory.Download(sum), Is.EqualTo(expected));
    }

    [Test]
    public void Bad_arguments_name_both_sides()
    {
        using TestMemory memory = device.Memory();
        Operations run = device.Operations;
        Tensor x = memory.Allocate(DType.F32, 2, 3, 64), h = memory.Allocate(DType.F32, 2, 3, 64), gate = memory.Allocate(DType.F32, 2, 64);
        Tensor modulation = memory.Allocate(DType.F32, 2, 192), narrow = memory.Allocate(DType.F32, 2, 3, 32);
        using (Assert.EnterMultipleScope())
        {
            KernelCheck.Refuses(() => run.GateResidual(x, narrow, gate), "source is f32 [2, 3, 32], x is f32 [2, 3, 64]");
            KernelCheck.Refuses(() => run.GateResidual(x, h, modulation), "gate_residual: gate has 192 elements, x has dim 64");
            KernelCheck.Refuses(() => run.GateResidual(narrow, x.Slice(2, 0, 32), default), "source", "strides");
            KernelCheck.Refuses(() => run.GateResidualLayerNormModulate(x, narrow, h, gate, gate, gate, 0), "h is f32 [2, 3, 32]");
            KernelCheck.Refuses(() => run.GateResidualLayerNormModulate(x, h, h, gate, modulation.Slice(1, 0, 64), gate, 0), "shift", "strides");
            KernelCheck.Refuses(() => run.GateResidual(memory.Allocate(DType.F16, 2, 3, 64), x, gate), "source is f32", "x is f16");
        }
    }

    private static double[] Rounded(double[] values, DType type) => [.. values.Select(value => (double)Numbers.Round((float)value, type))];
}
