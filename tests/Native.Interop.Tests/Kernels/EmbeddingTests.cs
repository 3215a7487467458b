using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Embeddings of timesteps and labels.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class EmbeddingTests(TestDevice device)
{
    private static readonly DType[] Storage = KernelCheck.Storage;
    private static readonly float[] Timesteps = [0, 1, 17.5f, 999, 981.25f];

    [Test]
    public void Timesteps_follow_the_f32_order_of_diffusers([ValueSource(nameof(Storage))] DType type)
    {
        foreach (int dim in new[] { 6, 7, 64, 256, 321 })
        {
            using TestMemory memory = device.Memory();
            Tensor y = memory.Allocate(type, Timesteps.Length, dim);
            device.Operations.TimestepEmbedding(y, memory.Upload(Timesteps, DType.F32, Timesteps.Length), Table(memory, dim));
            double[] expected = [.. Timesteps.SelectMany(timestep => Embedding(timestep, dim, 1))];
            KernelCheck.EachNear(memory.Download(y), expected, type, _ => 2e-7);
        }
    }

    [Test]
    public void A_scale_multiplies_last([ValueSource(nameof(Storage))] DType type)
    {
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, 2, 256);
        device.Operations.TimestepEmbedding(y, memory.Upload([0.9713f, 0.25f], DType.F32, 2), Table(memory, 256), 1000);
        double[] expected = [.. Embedding(0.9713f, 256, 1000), .. Embedding(0.25f, 256, 1000)];
        KernelCheck.EachNear(memory.Download(y), expected, type, _ => 2e-7);
    }

    [Test]
    public void The_last_element_of_an_odd_dim_is_zero()
    {
        using TestMemory memory = device.Memory();
        Tensor y = memory.Upload([5, 5, 5], DType.F32, 3, 1), none = memory.Allocate(DType.F32, 0, 8);
        device.Operations.TimestepEmbedding(y, memory.Upload([1, 2, 3], DType.F32, 3), Table(memory, 1));
        Assert.That(memory.Download(y), Is.All.Zero);
        Assert.That(() => device.Operations.TimestepEmbedding(none, memory.Allocate(DType.F32, 0), Table(memory, 8)), Throws.Nothing);
    }

    [Test]
    public void A_label_adds_its_row([ValueSource(nameof(Storage))] DType type)
    {
        foreach (int dim in KernelCheck.Lengths)
        {
            RandomTensors random = new(dim);
            float[] x = Numbers.Rounded(random.Normal(5 * dim), type), table = Numbers.Rounded(random.Normal(11 * dim), type);
            int[] labels = [10, 0, 3, 3, 7];
            using TestMemory memory = device.Memory();
            Tensor y = memory.Upload(x, type, 5, dim);
            device.Operations.AddLabelEmbedding(y, y, memory.Upload(table, type, 11, dim), memory.UploadRaw<int>(labels, DType.I32, 5));
            double[] expected = [.. x.Select((value, i) => Numbers.Round(value + table[(labels[i / dim] * dim) + (i % dim)], type))];
            Assert.That(memory.Download(y), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Every_grid_gives_the_same_bits_and_every_block_is_right([ValueSource(nameof(Storage))] DType type)
    {
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, Timesteps.Length, 130), timesteps = memory.Upload(Timesteps, DType.F32, Timesteps.Length);
        Tensor frequencies = Table(memory, 130);
        byte[] Run(Operations operations)
        {
            operations.TimestepEmbedding(y, timesteps, frequencies);
            return memory.DownloadBytes(y);
        }
        byte[] expected = Run(device.Operations);
        KernelCheck.SameForEveryGrid(device, Run);
        KernelCheck.ForEveryBlock(device, operations => Assert.That(Run(operations), Is.EqualTo(expected)));
    }

    [Test]
    public void Bad_arguments_name_both_sides()
    {
        using TestMemory memory = device.Memory();
        Operations run = device.Operations;
        Tensor y = memory.Allocate(DType.F32, 2, 8), two = memory.Allocate(DType.F32, 2), three = memory.Allocate(DType.F32, 3);
        Tensor labels = memory.Allocate(DType.I32, 2), table = memory.Allocate(DType.F32, 4, 8);
        using (Assert.EnterMultipleScope())
        {
            KernelCheck.Refuses(() => run.TimestepEmbedding(y, three, Table(memory, 8)), "timestep_embedding: timesteps is f32 [3]", "2");
            KernelCheck.Refuses(() => run.TimestepEmbedding(y, memory.Allocate(DType.BF16, 2), Table(memory, 8)), "bf16 [2]", "expected f32");
            KernelCheck.Refuses(() => run.TimestepEmbedding(two, two, Table(memory, 8)), "y is f32 [2], expected 2 dimensions");
            KernelCheck.Refuses(() => run.TimestepEmbedding(y, two, Table(memory, 6)), "frequencies is f32 [3]", "4");
            KernelCheck.Refuses(() => run.AddLabelEmbedding(y, y, memory.Allocate(DType.F32, 4, 9), labels), "table is f32 [4, 9]", "8");
            KernelCheck.Refuses(() => run.AddLabelEmbedding(y, y, table, memory.Allocate(DType.I32, 3)), "labels is i32 [3]", "2");
            KernelCheck.Refuses(() => run.AddLabelEmbedding(y, y, table, memory.Allocate(DType.I64, 2)), "labels is i64 [2], expected i32");
            KernelCheck.Refuses(() => run.AddLabelEmbedding(y, y, memory.Allocate(DType.F32, 0, 8), labels), "table is f32 [0, 8]");
        }
    }

    private static float Frequency(int k, int half) => (float)Math.Exp(-Math.Log(10000) * k / half);

    private static Tensor Table(TestMemory memory, int dim) =>
        memory.Upload([.. Enumerable.Range(0, dim / 2).Select(k => Frequency(k, dim / 2))], DType.F32, dim / 2);

    /// <summary>Both products rounded to f32 one after another; the cosine and sine of that f32 angle.</summary>
    private static double[] Embedding(float timestep, int dim, float scale)
    {
        int half = dim / 2;
        double[] row = new double[dim];
        for (int k = 0; k < half; k++)
        {
            float angle = scale * (timestep * Frequency(k, half));
            (row[k], row[half + k]) = (Math.Cos(angle), Math.Sin(angle));
        }
        return row;
    }
}
