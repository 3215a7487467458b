using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>LayerNorm and RMSNorm with modulation against float64.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class NormTests(TestDevice device)
{
    private static readonly DType[] Storage = KernelCheck.Storage;

    [Test]
    public void Matches_float64_with_every_mix_of_optional_tensors([ValueSource(nameof(Storage))] DType type, [Values] bool centred)
    {
        foreach (int dim in KernelCheck.Lengths)
        {
            NormCase data = new(type, 2, 3, dim);
            using TestMemory memory = device.Memory();
            Tensor x = memory.Upload(data.X, type, 2, 3, dim), y = memory.Allocate(type, 2, 3, dim);
            (_, Tensor shift, Tensor scale) = data.UploadModulation(memory);
            Tensor weight = memory.Upload(data.Weight, type, dim), bias = memory.Upload(data.Bias, type, dim);
            foreach (int mix in Enumerable.Range(0, 8))
            {
                (bool affine, bool scaled, bool shifted) = ((mix & 1) != 0, (mix & 2) != 0, (mix & 4) != 0);
                Run(
                    device.Operations, centred, y, x, shifted ? shift : default, scaled ? scale : default, affine ? weight : default,
                    affine ? bias : default);
                KernelCheck.Near(memory.Download(y), data.Norm(Numbers.ToDoubles(data.X), centred, affine, scaled, shifted), type);
            }
        }
    }

    [Test]
    public void Matches_float64_for_large_values([Values] bool centred)
    {
        (DType Type, float Scale, float Mean)[] cases =
            [(DType.F32, 1e15f, 1e15f), (DType.F32, 1e-3f, 0), (DType.BF16, 1e15f, 1e14f), (DType.F16, 1e4f, 1e4f), (DType.BF16, 1e4f, 3e4f)];
        foreach ((DType type, float scale, float mean) in cases)
        {
            NormCase data = new(type, 1, 4, 1152, scale, mean);
            using TestMemory memory = device.Memory();
            Tensor y = memory.Allocate(type, 4, 1152);
            Run(device.Operations, centred, y, memory.Upload(data.X, type, 4, 1152));
            KernelCheck.Near(memory.Download(y), data.Norm(Numbers.ToDoubles(data.X), centred, false, false, false), type);
        }
    }

    [Test]
    public void Rows_may_be_strided_and_unaligned([ValueSource(nameof(Storage))] DType type, [Values] bool centred)
    {
        foreach (int dim in new[] { 1, 7, 72, 1152 })
        {
            NormCase data = new(type, 2, 3, dim);
            using TestMemory memory = device.Memory();
            Tensor x = memory.UploadStrided(data.X, type, 3, 6, dim), y = memory.UploadStrided(new float[6 * dim], type, 5, 6, dim);
            (_, Tensor shift, Tensor scale) = data.UploadModulation(memory, 1);
            Tensor weight = memory.AllocateAt(type, 3, dim);
            memory.Write(weight, data.Weight);
            Run(device.Operations, centred, y, x, shift, scale, weight, memory.Upload(data.Bias, type, dim));
            KernelCheck.Near(memory.Download(y), data.Norm(Numbers.ToDoubles(data.X), centred, true, true, true), type);
        }
    }

    [Test]
    public void The_place_of_a_row_changes_no_bit([ValueSource(nameof(Storage))] DType type, [Values(72, 1153)] int dim)
    {
        NormCase data = new(type, 1, 1, dim);
        using TestMemory memory = device.Memory();
        float[] repeated = [.. Enumerable.Range(0, 9).SelectMany(_ => data.X)];
        Tensor y = memory.Allocate(type, 9, dim);
        Run(device.Operations, true, y, memory.Upload(repeated, type, 9, dim));
        byte[] bytes = memory.DownloadBytes(y);
        int size = bytes.Length / 9;
        for (int row = 1; row < 9; row++)
            Assert.That(bytes.AsSpan(row * size, size).SequenceEqual(bytes.AsSpan(0, size)), Is.True, $"row {row}");
    }

    [Test]
    public void Every_grid_gives_the_same_bits_and_every_block_is_right([ValueSource(nameof(Storage))] DType type, [Values] bool centred)
    {
        NormCase data = new(type, 5, 7, 321);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(data.X, type, 35, 321), y = memory.Allocate(type, 35, 321);
        (_, Tensor shift, Tensor scale) = data.UploadModulation(memory);
        double[] expected = data.Norm(Numbers.ToDoubles(data.X), centred, false, true, true);
        byte[] Run(Operations operations)
        {
            NormTests.Run(operations, centred, y, x, shift, scale);
            return memory.DownloadBytes(y);
        }
        KernelCheck.SameForEveryGrid(device, Run);
        KernelCheck.ForEveryBlock(device, operations => KernelCheck.Near(Numbers.ToDoubles(Run(operations), type), expected, type));
    }

    [Test]
    public void A_nan_stays_in_its_row([ValueSource(nameof(Storage))] DType type, [Values] bool centred)
    {
        NormCase data = new(type, 1, 5, 133);
        data.X[(2 * 133) + 131] = float.NaN;
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, 5, 133);
        Run(device.Operations, centred, y, memory.Upload(data.X, type, 5, 133));
        double[] values = memory.Download(y);
        for (int row = 0; row < 5; row++)
            Assert.That(values[(row * 133)..((row + 1) * 133)].All(value => double.IsNaN(value) == (row == 2)), Is.True, $"row {row}");
    }

    [Test]
    public void A_constant_row_gives_the_shift()
    {
        using TestMemory memory = device.Memory();
        float[] shift = [.. Enumerable.Range(0, 100).Select(i => (float)i)];
        Tensor y = memory.Allocate(DType.F32, 2, 100), x = memory.Upload([.. Enumerable.Repeat(3f, 200)], DType.F32, 2, 100);
        device.Operations.LayerNormModulate(y, x, memory.Upload(shift, DType.F32, 1, 100), default, 1e-6f);
        Assert.That(memory.Download(y), Is.EqualTo(Numbers.ToDoubles([.. shift, .. shift])).Within(1e-3));
    }

    [Test]
    public void Nothing_is_done_where_there_is_nothing()
    {
        using TestMemory memory = device.Memory();
        Tensor none = memory.Allocate(DType.F32, 0, 3, 8), thin = memory.Allocate(DType.BF16, 2, 3, 0);
        Assert.That(() => device.Operations.LayerNormModulate(none, none, default, default, 1e-6f), Throws.Nothing);
        Assert.That(() => device.Operations.RmsNormModulate(thin, thin, default, default, 1e-6f), Throws.Nothing);
    }

    [Test]
    public void Bad_arguments_name_both_sides()
    {
        using TestMemory memory = device.Memory();
        Operations run = device.Operations;
        Tensor x = memory.Allocate(DType.F32, 2, 3, 1024), y = memory.Allocate(DType.F32, 2, 3, 1024);
        Tensor wide = memory.Allocate(DType.F32, 2, 1152), three = memory.Allocate(DType.F32, 3, 1024), four = memory.Allocate(DType.F32, 4, 1024);
        using (Assert.EnterMultipleScope())
        {
            KernelCheck.Refuses(() => run.LayerNormModulate(y, x, wide, default, 0), "layernorm_modulate: shift has 1152 elements, x has dim 1024");
            KernelCheck.Refuses(() => run.RmsNormModulate(y, x, default, default, 0, wide.Select(0)), "rmsnorm_modulate: weight has 1152", "1024");
            KernelCheck.Refuses(() => run.LayerNormModulate(y, x, default, four, 0), "scale is f32 [4, 1024], x is f32 [2, 3, 1024]");
            KernelCheck.Refuses(() => run.LayerNormModulate(y, x, three, x.Select(0).Slice(0, 0, 2), 0), "scale is f32 [2, 1024]");
            KernelCheck.Refuses(() => run.LayerNormModulate(three, x, default, default, 0), "f32 [3, 1024]", "f32 [2, 3, 1024]");
            KernelCheck.Refuses(() => run.LayerNormModulate(memory.Allocate(DType.BF16, 2, 3, 1024), x, default, default, 0), "bf16", "f32");
            KernelCheck.Refuses(() => run.LayerNormModulate(y, x, default, default, 0, three), "weight is f32 [3, 1024]");
            KernelCheck.Refuses(() => run.LayerNormModulate(y, default, default, default, 0), "x is absent");
            Tensor integers = memory.Allocate(DType.I32, 2, 8);
            KernelCheck.Refuses(() => run.LayerNormModulate(integers, integers, default, default, 0), "layernorm_modulate", "i32");
        }
    }

    private static void Run(
        Operations operations, bool centred, Tensor y, Tensor x, Tensor shift = default, Tensor scale = default, Tensor weight = default,
        Tensor bias = default)
    {
        if (centred) operations.LayerNormModulate(y, x, shift, scale, NormCase.Eps, weight, bias);
        else operations.RmsNormModulate(y, x, shift, scale, NormCase.Eps, weight, bias);
    }
}
