using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>The noise of PyTorch's CUDA generator.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class PhiloxNormalTests(TestDevice device)
{
    private const double Near = 2e-6;

    private static readonly DType[] Storage = KernelCheck.Storage;

    [Test]
    public void Equals_the_recorded_noise([Values(0ul, 1ul, 42ul, 1234567890123ul)] ulong seed, [Values(0ul, 1ul)] ulong offset)
    {
        double[] expected = Recorded($"philox.seed{seed}.offset{offset}");
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(DType.F32, expected.Length);
        device.Operations.PhiloxNormal(y, seed, offset);
        Assert.That(memory.Download(y), Is.EqualTo(expected).Within(Near));
    }

    [Test]
    public void Follows_the_strides_of_a_smaller_launch([Values(0L, 1L, 64L, 1000L, 2500L, 10000L)] long launchThreads)
    {
        const int count = 9001;
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(DType.F32, count);
        const ulong seed = 0xfedcba9876543210, offset = 0x1_0000_0000 - 1;  // both halves of key and counter
        device.Operations.PhiloxNormal(y, seed, offset, launchThreads);
        double[] expected = [.. Enumerable.Range(0, count).Select(i => Normal(seed, offset, i, launchThreads))];
        Assert.That(memory.Download(y), Is.EqualTo(expected).Within(Near));
    }

    [Test]
    public void Half_types_are_the_rounded_f32([ValueSource(nameof(Storage))] DType type, [Values(0, 1)] long offset)
    {
        using TestMemory memory = device.Memory();
        Tensor exact = memory.Allocate(DType.F32, 777), y = memory.AllocateAt(type, offset, 777);
        device.Operations.PhiloxNormal(exact, 5, 9);
        device.Operations.PhiloxNormal(y, 5, 9);
        double[] expected = [.. memory.Download(exact).Select(value => (double)Numbers.Round((float)value, type))];
        Assert.That(memory.Download(y), Is.EqualTo(expected));
    }

    [Test]
    public void A_longer_tensor_starts_with_the_same_bits_and_every_grid_gives_them()
    {
        using TestMemory memory = device.Memory();
        Tensor all = memory.Allocate(DType.F32, 5000);
        byte[] Run(Operations operations)
        {
            operations.PhiloxNormal(all, 42, 3, 1500);
            return memory.DownloadBytes(all);
        }
        KernelCheck.SameForEveryGrid(device, Run);
        byte[] strided = Run(device.Operations);
        KernelCheck.ForEveryBlock(device, operations => Assert.That(Run(operations), Is.EqualTo(strided)));
        device.Operations.PhiloxNormal(all, 42, 3);
        byte[] expected = memory.DownloadBytes(all);
        foreach (int count in new[] { 1, 5, 17, 100, 2047, 2049 })
        {
            Tensor part = memory.Allocate(DType.F32, count);
            device.Operations.PhiloxNormal(part, 42, 3);
            Assert.That(memory.DownloadBytes(part).AsSpan().SequenceEqual(expected.AsSpan(0, count * 4)), Is.True, $"{count}");
        }
    }

    [Test]
    public void Many_values_are_standard_normal()
    {
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(DType.F32, 200_000);
        device.Operations.PhiloxNormal(y, 7, 0);
        double[] values = memory.Download(y);
        double mean = values.Average(), variance = values.Average(value => value * value) - (mean * mean);
        Assert.That(mean, Is.EqualTo(0).Within(0.01));
        Assert.That(variance, Is.EqualTo(1).Within(0.02));
    }

    [Test]
    public void Nothing_is_done_where_there_is_nothing_and_bad_arguments_are_named()
    {
        using TestMemory memory = device.Memory();
        Assert.That(() => device.Operations.PhiloxNormal(memory.Allocate(DType.F32, 0), 1, 1), Throws.Nothing);
        KernelCheck.Refuses(() => device.Operations.PhiloxNormal(memory.Allocate(DType.I32, 4), 1, 1), "philox_normal", "i32");
        KernelCheck.Refuses(() => device.Operations.PhiloxNormal(memory.Allocate(DType.F32, 4), 1, 1, -1), "launchThreads");
    }

    /// <summary>u and v are f32 as in cuRAND: near u = 1 the rounding shows in the sixth decimal place. The functions of them are exact.</summary>
    private static double Normal(ulong seed, ulong offset, long i, long launchThreads)
    {
        long threads = launchThreads == 0 ? long.MaxValue : launchThreads, thread = i % threads, round = i / threads;
        ulong call = offset + (ulong)(round / 4);
        uint[] c = [(uint)call, (uint)(call >> 32), (uint)thread, (uint)(thread >> 32)];
        (uint k0, uint k1) = ((uint)seed, (uint)(seed >> 32));
        for (int r = 0; r < 10; r++, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
        {
            ulong a = 0xD2511F53ul * c[0], b = 0xCD9E8D57ul * c[2];
            c = [(uint)(b >> 32) ^ c[1] ^ k0, (uint)b, (uint)(a >> 32) ^ c[3] ^ k1, (uint)a];
        }
        int pair = (int)(round % 4 / 2 * 2);
        const float step = 1f / 65536 / 65536, turn = step * 6.2831855f;
        double u = MathF.FusedMultiplyAdd(c[pair], step, step / 2), v = MathF.FusedMultiplyAdd(c[pair + 1], turn, turn / 2);
        return Math.Sqrt(-2 * Math.Log(u)) * (round % 2 == 0 ? Math.Sin(v) : Math.Cos(v));
    }

    private static double[] Recorded(string name)
    {
        byte[] file = File.ReadAllBytes(Repository.Reference("noise/noise.safetensors"));
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, header));
        JsonElement range = json.RootElement.GetProperty(name).GetProperty("data_offsets");
        Span<byte> bytes = file.AsSpan(8 + header)[range[0].GetInt32()..range[1].GetInt32()];
        return Numbers.ToDoubles(MemoryMarshal.Cast<byte, float>(bytes));
    }
}
