using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Latents to tokens and back, and their position embedding.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class PatchTests(TestDevice device)
{
    private static readonly DType[] Storage = KernelCheck.Storage;
    private static readonly (int Batch, int Samples, int Channels, int Height, int Width, int Patch)[] Shapes =
        [(1, 1, 1, 1, 1, 1), (2, 2, 4, 8, 6, 2), (4, 2, 3, 9, 15, 3), (2, 1, 5, 1, 7, 1), (3, 3, 4, 32, 32, 2), (1, 1, 16, 4, 4, 4)];

    [Test]
    public void Tokens_hold_channel_row_column([ValueSource(nameof(Storage))] DType type)
    {
        foreach ((int batch, int samples, int channels, int height, int width, int patch) in Shapes)
        {
            float[] latents = new RandomTensors(height).Normal((long)samples * channels * height * width);
            (int columns, int elements) = (width / patch, channels * patch * patch);
            double[] expected = new double[batch * channels * height * width];
            for (int b = 0, i = 0; b < batch; b++)
                for (int row = 0; row < height / patch; row++)
                    for (int column = 0; column < columns; column++)
                        for (int e = 0; e < elements; e++)
                        {
                            (int c, int y, int x) = (e / patch / patch, (row * patch) + (e / patch % patch), (column * patch) + (e % patch));
                            expected[i++] = Numbers.Round(latents[(((((b % samples) * channels) + c) * height) + y) * width + x], type);
                        }
            using TestMemory memory = device.Memory();
            Tensor tokens = memory.Allocate(type, batch, height / patch * columns, elements);
            device.Operations.Patchify(tokens, memory.Upload(latents, DType.F32, samples, channels, height, width), patch);
            Assert.That(memory.Download(tokens), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Images_come_from_row_column_channel([ValueSource(nameof(Storage))] DType type)
    {
        foreach ((int batch, _, int channels, int height, int width, int patch) in Shapes)
        {
            float[] tokens = Numbers.Rounded(new RandomTensors(height).Normal((long)batch * channels * height * width), type);
            (int columns, int elements) = (width / patch, channels * patch * patch);
            double[] expected = new double[tokens.Length];
            for (int i = 0; i < tokens.Length; i++)
            {
                (int e, int token, int b) = (i % elements, i / elements % (height / patch * columns), i / elements / (height / patch * columns));
                (int c, int inRow, int row) = (e % channels, e / channels % patch, e / channels / patch);
                (int x, int y) = ((token % columns * patch) + inRow, (token / columns * patch) + row);
                expected[(((((b * channels) + c) * height) + y) * width) + x] = tokens[i];
            }
            using TestMemory memory = device.Memory();
            Tensor image = memory.Allocate(DType.F32, batch, channels, height, width);
            device.Operations.Unpatchify(image, memory.Upload(tokens, type, batch, height / patch * columns, elements), patch);
            Assert.That(memory.Download(image), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Positions_are_added_to_every_sample([ValueSource(nameof(Storage))] DType type, [Values(0, 1)] long offset)
    {
        foreach (int dim in KernelCheck.Lengths)
        {
            RandomTensors random = new(dim);
            float[] x = Numbers.Rounded(random.Normal(3 * 4 * dim), type), position = random.Normal(4 * dim);
            using TestMemory memory = device.Memory();
            Tensor tokens = memory.AllocateAt(type, offset, 3, 4, dim);
            memory.Write(tokens, x);
            device.Operations.AddPositionEmbedding(tokens, memory.Upload(position, DType.F32, 4, dim));
            double[] expected = [.. x.Select((value, i) => Numbers.Round(value + position[i % (4 * dim)], type))];
            Assert.That(memory.Download(tokens), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Every_grid_and_block_gives_the_same_bits([ValueSource(nameof(Storage))] DType type)
    {
        using TestMemory memory = device.Memory();
        Tensor latents = memory.Upload(new RandomTensors(1).Normal(2 * 4 * 18 * 10), DType.F32, 2, 4, 18, 10);
        Tensor tokens = memory.Allocate(type, 2, 45, 16), position = memory.Upload(new RandomTensors(2).Normal(45 * 16), DType.F32, 45, 16);
        Tensor image = memory.Allocate(DType.F32, 2, 4, 18, 10);
        byte[] Run(Operations operations)
        {
            operations.Patchify(tokens, latents, 2);
            operations.AddPositionEmbedding(tokens, position);
            operations.Unpatchify(image, tokens, 2);
            return memory.DownloadBytes(image);
        }
        byte[] expected = Run(device.Operations);
        KernelCheck.SameForEveryGrid(device, Run);
        KernelCheck.ForEveryBlock(device, operations => Assert.That(Run(operations), Is.EqualTo(expected)));
    }

    [Test]
    public void Nothing_is_done_where_there_is_nothing()
    {
        using TestMemory memory = device.Memory();
        Tensor latents = memory.Allocate(DType.F32, 0, 4, 8, 8), tokens = memory.Allocate(DType.F32, 0, 16, 16);
        Assert.That(() => device.Operations.Patchify(tokens, latents, 2), Throws.Nothing);
        Assert.That(() => device.Operations.Unpatchify(latents, tokens, 2), Throws.Nothing);
        Assert.That(() => device.Operations.AddPositionEmbedding(tokens, memory.Allocate(DType.F32, 16, 16)), Throws.Nothing);
    }

    [Test]
    public void Bad_arguments_name_both_sides()
    {
        using TestMemory memory = device.Memory();
        Operations run = device.Operations;
        Tensor latents = memory.Allocate(DType.F32, 2, 4, 8, 8), tokens = memory.Allocate(DType.BF16, 2, 16, 16);
        using (Assert.EnterMultipleScope())
        {
            KernelCheck.Refuses(() => run.Patchify(tokens, latents, 3), "latents is f32 [2, 4, 8, 8]", "patches of 3");
            KernelCheck.Refuses(() => run.Patchify(tokens, latents, 4), "tokens is bf16 [2, 16, 16]", "patches of 4");
            Tensor three = memory.Allocate(DType.F32, 3, 16, 16);
            KernelCheck.Refuses(() => run.Patchify(three, latents, 2), "tokens is f32 [3, 16, 16]", "f32 [2, 4, 8, 8]");
            KernelCheck.Refuses(() => run.Patchify(tokens, memory.Allocate(DType.BF16, 2, 4, 8, 8), 2), "latents is bf16", "expected f32");
            KernelCheck.Refuses(() => run.Patchify(tokens, latents, 0), "patchSize");
            KernelCheck.Refuses(() => run.Unpatchify(latents, memory.Allocate(DType.F32, 1, 16, 16), 2), "image is f32 [2, 4, 8, 8]", "1");
            KernelCheck.Refuses(() => run.AddPositionEmbedding(tokens, memory.Allocate(DType.F32, 15, 16)), "position is f32 [15, 16]", "16");
        }
    }
}
