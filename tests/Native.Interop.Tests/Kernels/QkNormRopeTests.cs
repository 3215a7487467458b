using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Norm and rotation of queries and keys against float64.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class QkNormRopeTests(TestDevice device)
{
    private const float Eps = 1e-6f;
    private const int Batch = 2, Tokens = 3, Heads = 5;

    private static readonly DType[] Storage = KernelCheck.Storage;

    [Test]
    public void Matches_float64([ValueSource(nameof(Storage))] DType type, [Values] bool normed, [Values] bool rotated)
    {
        foreach (int headDim in new[] { 2, 6, 32, 64, 72, 88, 128, 200 })
        {
            Case data = new(type, headDim);
            using TestMemory memory = device.Memory();
            Tensor x = memory.Upload(data.X, type, Batch, Tokens, Heads, headDim);
            data.Run(device.Operations, memory, x, normed, rotated);
            KernelCheck.Near(memory.Download(x), data.Expected(normed, rotated), type);
        }
    }

    [Test]
    public void An_odd_head_is_normed_to_its_end([ValueSource(nameof(Storage))] DType type)
    {
        foreach (int headDim in new[] { 1, 5, 63, 129 })
        {
            Case data = new(type, headDim);
            using TestMemory memory = device.Memory();
            Tensor x = memory.Upload(data.X, type, Batch, Tokens, Heads, headDim);
            data.Run(device.Operations, memory, x, true, false);
            KernelCheck.Near(memory.Download(x), data.Expected(true, false), type);
        }
    }

    [Test]
    public void A_part_of_a_joint_sequence_leaves_the_rest_alone([ValueSource(nameof(Storage))] DType type, [Values(0, 1)] long offset)
    {
        const int headDim = 40, row = Heads * headDim;
        Case data = new(type, headDim);
        using TestMemory memory = device.Memory();
        Tensor joint = memory.AllocateAt(type, offset, Batch, Tokens + 4, 3 * row);  // text tokens first; q, k and v side by side
        memory.Write(joint, [.. Enumerable.Repeat(7f, (int)joint.ElementCount)]);
        Tensor part = joint.Slice(1, 4, Tokens).Slice(2, row, row);
        for (int i = 0; i < Batch * Tokens; i++)
            memory.Write(part.Select(i / Tokens).Select(i % Tokens), data.X.AsSpan(i * row, row));
        data.Run(device.Operations, memory, part.Reshape(Batch, Tokens, Heads, headDim), true, true);
        KernelCheck.Near(memory.Download(part), data.Expected(true, true), type);
        foreach (Tensor other in new[] { joint.Slice(1, 0, 4), joint.Slice(2, 0, row), joint.Slice(2, 2 * row, row) })
            Assert.That(memory.Download(other), Is.All.EqualTo(7));
    }

    [Test]
    public void Every_grid_gives_the_same_bits_and_every_block_is_right([ValueSource(nameof(Storage))] DType type, [Values(72, 6)] int headDim)
    {
        Case data = new(type, headDim);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Allocate(type, Batch, Tokens, Heads, headDim);
        byte[] Run(Operations operations)
        {
            memory.Write(x, data.X);
            data.Run(operations, memory, x, true, true);
            return memory.DownloadBytes(x);
        }
        KernelCheck.SameForEveryGrid(device, Run);
        double[] expected = data.Expected(true, true);
        KernelCheck.ForEveryBlock(device, operations => KernelCheck.Near(Numbers.ToDoubles(Run(operations), type), expected, type));
    }

    [Test]
    public void A_nan_stays_in_its_head([ValueSource(nameof(Storage))] DType type)
    {
        const int headDim = 72;
        Case data = new(type, headDim);
        data.X[(7 * headDim) + 3] = float.NaN;
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(data.X, type, Batch, Tokens, Heads, headDim);
        data.Run(device.Operations, memory, x, true, true);
        double[] values = memory.Download(x);
        for (int head = 0; head < Batch * Tokens * Heads; head++)
            Assert.That(values[(head * headDim)..((head + 1) * headDim)].All(value => double.IsNaN(value) == (head == 7)), Is.True, $"head {head}");
    }

    [Test]
    public void Nothing_is_done_where_there_is_nothing()
    {
        using TestMemory memory = device.Memory();
        Tensor none = memory.Allocate(DType.F32, 2, 0, 3, 8), some = memory.Upload([1, 2], DType.F32, 1, 1, 1, 2);
        Assert.That(() => device.Operations.QkNormRope(none, memory.Allocate(DType.F32, 8), default, default, Eps), Throws.Nothing);
        device.Operations.QkNormRope(some, default, default, default, Eps);
        Assert.That(memory.Download(some), Is.EqualTo(new double[] { 1, 2 }));
    }

    [Test]
    public void Bad_arguments_name_both_sides()
    {
        using TestMemory memory = device.Memory();
        Operations run = device.Operations;
        Tensor x = memory.Allocate(DType.F32, 2, 3, 5, 64), odd = memory.Allocate(DType.F32, 2, 3, 5, 63), weight = memory.Allocate(DType.F32, 64);
        Tensor table = memory.Allocate(DType.F32, 3, 64), oddTable = memory.Allocate(DType.F32, 3, 63), long4 = memory.Allocate(DType.F32, 4, 64);
        using (Assert.EnterMultipleScope())
        {
            Tensor wide = memory.Allocate(DType.F32, 72);
            KernelCheck.Refuses(() => run.QkNormRope(x, wide, default, default, Eps), "weight has 72 elements, x has dim 64");
            KernelCheck.Refuses(() => run.QkNormRope(x, weight, table, default, Eps), "cos is f32 [3, 64], sin is absent");
            KernelCheck.Refuses(() => run.QkNormRope(x, weight, long4, table, Eps), "cos is f32 [4, 64]", "3");
            KernelCheck.Refuses(() => run.QkNormRope(odd, default, oddTable, oddTable, Eps), "f32 [3, 63]", "odd");
            KernelCheck.Refuses(() => run.QkNormRope(x.Slice(3, 0, 32), default, table, table, Eps), "side by side");
            KernelCheck.Refuses(() => run.QkNormRope(x, memory.Allocate(DType.BF16, 64), default, default, Eps), "bf16 [64]", "f32 [2, 3, 5, 64]");
        }
    }

    private sealed class Case
    {
        private readonly DType type;
        private readonly int headDim;
        private readonly float[] weight;
        private readonly float[] cos;
        private readonly float[] sin;

        public Case(DType type, int headDim)
        {
            RandomTensors random = new(headDim);
            (this.type, this.headDim) = (type, headDim);
            X = Numbers.Rounded(random.Normal((long)Batch * Tokens * Heads * headDim, 3), type);
            weight = Numbers.Rounded(random.Normal(headDim, 0.3f, 1), type);
            float[] angles = random.Uniform((long)Tokens * headDim, -3, 3);
            for (int i = 1; i < angles.Length; i += 2) if (headDim % 2 == 0) angles[i] = angles[i - 1];
            cos = [.. angles.Select(MathF.Cos)];
            sin = [.. angles.Select(MathF.Sin)];
        }

        public float[] X { get; }

        public void Run(Operations operations, TestMemory memory, Tensor x, bool normed, bool rotated) => operations.QkNormRope(
            x,
            normed ? memory.Upload(weight, type, headDim) : default,
            rotated ? memory.Upload(cos, DType.F32, Tokens, headDim) : default,
            rotated ? memory.Upload(sin, DType.F32, Tokens, headDim) : default,
            Eps);

        public double[] Expected(bool normed, bool rotated)
        {
            double[] y = Numbers.ToDoubles(X);
            for (int head = 0; head < Batch * Tokens * Heads; head++)
            {
                Span<double> values = y.AsSpan(head * headDim, headDim);
                double squares = 0;
                foreach (double value in values) squares += value * value;
                for (int c = 0; c < headDim && normed; c++) values[c] *= weight[c] / Math.Sqrt((squares / headDim) + Eps);
                int table = head / Heads % Tokens * headDim;
                for (int c = 0; c + 1 < headDim && rotated; c += 2)
                {
                    (double a, double b) = (values[c], values[c + 1]);
                    values[c] = (a * cos[table + c]) - (b * sin[table + c]);
                    values[c + 1] = (b * cos[table + c + 1]) + (a * sin[table + c + 1]);
                }
            }
            return y;
        }
    }
}
