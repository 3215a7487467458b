using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>From the sums of int8 products to numbers, against float64.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class DequantizeTests(TestDevice device)
{
    private const int Rows = 5;

    private static readonly DType[] Storage = KernelCheck.Storage;

    [Test]
    public void Matches_float64(
        [ValueSource(nameof(Storage))] DType type, [Values(1, 63, 64, 129, 640)] int columns, [Values] bool fused, [Values] Activation activation)
    {
        using TestMemory memory = device.Memory();
        Case data = new(columns, type);
        Tensor bias = fused ? memory.Upload(data.Bias, type, columns) : default;
        Tensor residual = fused ? memory.UploadStrided(data.Residual, type, 3, Rows, columns) : default;
        Tensor y = memory.UploadStrided(new float[Rows * columns], type, 2, Rows, columns);
        data.Run(device.Operations, memory, y, bias, residual, activation);
        KernelCheck.Near(memory.Download(y), data.Expected(fused, activation), type);
    }

    [Test]
    public void The_residual_may_be_the_output([ValueSource(nameof(Storage))] DType type)
    {
        using TestMemory memory = device.Memory();
        Case data = new(130, type);
        Tensor y = memory.Upload(data.Residual, type, Rows, 130);
        data.Run(device.Operations, memory, y, memory.Upload(data.Bias, type, 130), y, Activation.None);
        KernelCheck.Near(memory.Download(y), data.Expected(true, Activation.None), type);
    }

    [Test]
    public void Every_grid_and_block_gives_the_same_bits([ValueSource(nameof(Storage))] DType type)
    {
        using TestMemory memory = device.Memory();
        Case data = new(640, type);
        Tensor y = memory.Allocate(type, Rows, 640), bias = memory.Upload(data.Bias, type, 640);
        byte[] Run(Operations operations)
        {
            data.Run(operations, memory, y, bias, default, Activation.GeluTanh);
            return memory.DownloadBytes(y);
        }
        byte[] expected = Run(device.Operations);
        KernelCheck.SameForEveryGrid(device, Run);
        KernelCheck.ForEveryBlock(device, operations => Assert.That(Run(operations), Is.EqualTo(expected)));
    }

    [Test]
    public void A_row_without_a_scale_is_nan_and_the_others_are_not()
    {
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(DType.F32, 2, 70), sums = memory.Upload(new float[140], DType.I32, 2, 70);
        Tensor rowScales = memory.Upload([float.NaN, 1f], DType.F32, 2), columnScales = memory.Upload(new float[70], DType.F32, 70);
        device.Operations.Dequantize(y, sums, rowScales, columnScales);
        double[] values = memory.Download(y);
        Assert.That(values[..70], Is.All.NaN);
        Assert.That(values[70..], Is.All.Zero);
    }

    [Test]
    public void Bad_arguments_are_named()
    {
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(DType.F32, 2, 8), sums = memory.Allocate(DType.I32, 2, 8);
        Tensor two = memory.Allocate(DType.F32, 2), eight = memory.Allocate(DType.F32, 8);
        Operations operations = device.Operations;
        KernelCheck.Refuses(() => operations.Dequantize(y, memory.Allocate(DType.I32, 2, 4), two, eight), "dequantize", "i32 [2, 4]");
        KernelCheck.Refuses(() => operations.Dequantize(y, memory.Allocate(DType.F32, 2, 8), two, eight), "expected i32");
        KernelCheck.Refuses(() => operations.Dequantize(y, sums, eight, eight), "row scales f32 [8]");
        KernelCheck.Refuses(() => operations.Dequantize(y, sums, two, two), "column scales f32 [2]");
        KernelCheck.Refuses(() => operations.Dequantize(y, sums, two, eight, two), "bias has 2 elements");
        KernelCheck.Refuses(() => operations.Dequantize(y, sums, two, eight, default, eight), "residual is f32 [8]");
        KernelCheck.Refuses(() => operations.Dequantize(y, sums, two, eight, activation: (Activation)9), "activation");
        KernelCheck.Refuses(() => operations.Dequantize(memory.Allocate(DType.F64, 2, 8), sums, two, eight), "no kernel for f64");
    }

    /// <summary>Sums as an int8 product makes them, padded rows, scales that bring them near 1.</summary>
    private sealed class Case(int columns, DType type)
    {
        private readonly int[] sums = new RandomTensors(1).Integers(Rows * (columns + 7L), -3_000_000, 3_000_000);
        private readonly float[] rowScales = new RandomTensors(2).Uniform(Rows, 0.001f, 0.002f);
        private readonly float[] columnScales = new RandomTensors(3).Uniform(columns, 0.0001f, 0.001f);

        public float[] Bias { get; } = Numbers.Rounded(new RandomTensors(4).Normal(columns), type);

        public float[] Residual { get; } = Numbers.Rounded(new RandomTensors(5).Normal(Rows * columns), type);

        public void Run(Operations operations, TestMemory memory, Tensor y, Tensor bias, Tensor residual, Activation activation)
        {
            Tensor all = memory.UploadRaw<int>(sums, DType.I32, Rows, columns + 7);
            operations.Dequantize(
                y, all, memory.Upload(rowScales, DType.F32, Rows), memory.Upload(columnScales, DType.F32, columns), bias, residual, activation);
        }

        public double[] Expected(bool fused, Activation activation)
        {
            double[] y = new double[Rows * columns];
            for (int i = 0; i < y.Length; i++)
            {
                (int row, int column) = (i / columns, i % columns);
                double value = sums[(row * (columns + 7)) + column] * ((double)rowScales[row] * columnScales[column]);
                if (fused) value += (double)Bias[column] + Residual[i];
                double inner = Math.Sqrt(2 / Math.PI) * (value + (0.044715 * value * value * value));
                y[i] = activation == Activation.GeluTanh ? 0.5 * value * (1 + Math.Tanh(inner)) : value;
            }
            return y;
        }
    }
}
