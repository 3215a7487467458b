using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Rows to int8 with one scale each.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class QuantizeRowsTests(TestDevice device)
{
    private static readonly DType[] Storage = KernelCheck.Storage;

    [Test]
    public void Values_lie_within_half_a_step_and_padding_is_zero(
        [ValueSource(nameof(Storage))] DType type, [ValueSource(typeof(KernelCheck), nameof(KernelCheck.Lengths))] int dim)
    {
        const int rows = 7;
        float[] x = Numbers.Rounded(new RandomTensors(dim).Normal(rows * dim, 3), type);
        long length = LinearWeight.Int8Length(dim);
        using TestMemory memory = device.Memory();
        foreach (Tensor input in new[] { memory.Upload(x, type, rows, dim), memory.UploadStrided(x, type, 5, rows, dim) })
        {
            Tensor values = memory.UploadRaw<sbyte>(Enumerable.Repeat((sbyte)77, (int)(rows * length)).ToArray(), DType.I8, rows, length);
            Tensor scales = memory.Allocate(DType.F32, rows);
            device.Operations.QuantizeRows(values, scales, input);
            Check(x, dim, memory.Download(values), (int)length, memory.Download(scales));
        }
    }

    [Test]
    public void Ties_go_to_the_even_neighbour([ValueSource(nameof(Storage))] DType type)
    {
        float[] x = [127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f];
        float[] stored = Numbers.Rounded(x, type);
        using TestMemory memory = device.Memory();
        (double[] q, double[] scales) = Run(device.Operations, memory, memory.Upload(x, type, 1, x.Length));
        Assert.That(scales, Is.EqualTo(new[] { 1.0 }));
        Assert.That(q[..x.Length], Is.EqualTo(stored.Select(value => Math.Round((double)value, MidpointRounding.ToEven))));
    }

    [Test]
    public void A_row_of_zeros_is_zeros_and_one_that_is_not_finite_has_no_scale([ValueSource(nameof(Storage))] DType type)
    {
        foreach (int dim in new[] { 3, 65, 640 })
        {
            float[] x = new RandomTensors(3).Normal(6 * dim);
            x.AsSpan(0, dim).Clear();
            x[dim + (dim / 2)] = float.NaN;
            x[(2 * dim) + dim - 1] = float.PositiveInfinity;
            x[3 * dim] = float.NegativeInfinity;
            x.AsSpan(4 * dim, dim).Fill(1e-38f);
            using TestMemory memory = device.Memory();
            (double[] q, double[] scales) = Run(device.Operations, memory, memory.Upload(x, type, 6, dim));
            int length = q.Length / 6;
            Assert.That(q[..(5 * length)], Is.All.Zero);
            Assert.That(scales[..1], Is.All.GreaterThanOrEqualTo(0).And.All.LessThan(1e-30));
            Assert.That(scales[1..4], Is.All.NaN);
            Assert.That(scales[4], Is.GreaterThanOrEqualTo(0).And.LessThan(1e-30));
            Check(Numbers.Rounded(x.AsSpan(5 * dim), type), dim, q[(5 * length)..], length, scales[5..]);
        }
    }

    [Test]
    public void Every_grid_and_block_gives_the_same_bits([ValueSource(nameof(Storage))] DType type)
    {
        using TestMemory memory = device.Memory();
        foreach (int dim in new[] { 65, 640 })
        {
            Tensor x = memory.Upload(new RandomTensors(8).Normal(19 * dim), type, 19, dim);
            byte[] Bytes(Operations operations)
            {
                (double[] q, double[] scales) = Run(operations, memory, x);
                return Numbers.Bytes<double>([.. q, .. scales]);
            }
            byte[] expected = Bytes(device.Operations);
            KernelCheck.SameForEveryGrid(device, Bytes);
            KernelCheck.ForEveryBlock(device, operations => Assert.That(Bytes(operations), Is.EqualTo(expected)));
        }
    }

    [Test]
    public void Bad_arguments_are_named()
    {
        using TestMemory memory = device.Memory();
        Tensor x = memory.Allocate(DType.F32, 3, 20), q = memory.Allocate(DType.I8, 3, 32), scales = memory.Allocate(DType.F32, 3);
        Operations operations = device.Operations;
        KernelCheck.Refuses(
            () => operations.QuantizeRows(memory.Allocate(DType.I8, 3, 16), scales, x), "quantize_rows", "i8 [3, 16]", "3 rows of 20");
        KernelCheck.Refuses(() => operations.QuantizeRows(memory.Allocate(DType.I8, 4, 32), scales, x), "i8 [4, 32]");
        KernelCheck.Refuses(() => operations.QuantizeRows(memory.Allocate(DType.U8, 3, 32), scales, x), "u8", "expected i8");
        KernelCheck.Refuses(() => operations.QuantizeRows(q, memory.Allocate(DType.F32, 4), x), "f32 [4]");
        KernelCheck.Refuses(() => operations.QuantizeRows(q, memory.Allocate(DType.F16, 3), x), "f16", "expected f32");
        KernelCheck.Refuses(() => operations.QuantizeRows(q, scales, memory.Allocate(DType.I32, 3, 20)), "no kernel for i32");
        Tensor none = memory.Allocate(DType.F32, 0, 20);
        Assert.That(() => operations.QuantizeRows(memory.Allocate(DType.I8, 0, 32), memory.Allocate(DType.F32, 0), none), Throws.Nothing);
    }

    /// <summary>scale = max / 127, |value - scale q| at most half a scale, and room for the f32 division.</summary>
    private static void Check(float[] x, int dim, double[] q, int length, double[] scales)
    {
        for (int row = 0; row < scales.Length; row++)
        {
            double[] values = [.. x[(row * dim)..((row + 1) * dim)].Select(value => (double)value)];
            double most = values.Max(Math.Abs);
            Assert.That(scales[row], Is.EqualTo(most / 127).Within(1e-7 * most));
            double[] quantised = q[(row * length)..((row + 1) * length)];
            Assert.That(quantised[dim..], Is.All.Zero);
            Assert.That(quantised.Max(Math.Abs), Is.EqualTo(127));
            for (int c = 0; c < dim; c++)
                Assert.That(Math.Abs(values[c] - (scales[row] * quantised[c])), Is.LessThanOrEqualTo(0.50001 * scales[row]), $"[{row}, {c}]");
        }
    }

    private static (double[] Q, double[] Scales) Run(Operations operations, TestMemory memory, Tensor x)
    {
        Tensor q = memory.Allocate(DType.I8, x[0], LinearWeight.Int8Length(x[1])), scales = memory.Allocate(DType.F32, x[0]);
        operations.QuantizeRows(q, scales, x);
        return (memory.Download(q), memory.Download(scales));
    }
}
