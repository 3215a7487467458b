using System.Runtime.InteropServices;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Conversions between storage types, bit by bit.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class ConvertTests(TestDevice device)
{
    private static readonly DType[] Storage = KernelCheck.Storage;
    private static readonly DType[] Halves = [DType.BF16, DType.F16];

    [Test]
    public void Every_half_widens_exactly([ValueSource(nameof(Halves))] DType type)
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        using TestMemory memory = device.Memory();
        Tensor x = memory.UploadRaw<ushort>(all, type, 65536), y = memory.Allocate(DType.F32, 65536);
        device.Operations.Convert(y, x);
        Assert.That(memory.Download(y), Is.EqualTo(memory.Download(x)));
    }

    [Test]
    public void F32_rounds_to_nearest_even([ValueSource(nameof(Halves))] DType type)
    {
        float[] values = [.. Hard(), .. RandomBits(100_000)];
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, values.Length);
        device.Operations.Convert(y, memory.Upload(values, DType.F32, values.Length));
        double[] expected = [.. values.Select(value => (double)Numbers.Round(value, type))];
        Assert.That(memory.Download(y), Is.EqualTo(expected));
    }

    [Test]
    public void Each_pair_of_types_keeps_what_both_can_hold([ValueSource(nameof(Storage))] DType to, [ValueSource(nameof(Storage))] DType from)
    {
        float[] values = [0, 1, -2, 0.5f, 96, -0.0625f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 255];
        foreach (int count in new[] { 1, 5, 63, 1153, 4100 })
        {
            foreach (long offset in new long[] { 0, 1 })
            {
                float[] x = [.. Enumerable.Range(0, count).Select(i => values[i % values.Length])];
                using TestMemory memory = device.Memory();
                Tensor input = memory.AllocateAt(from, offset, count), y = memory.AllocateAt(to, offset, count);
                memory.Write(input, x);
                device.Operations.Convert(y, input);
                Assert.That(memory.Download(y), Is.EqualTo(Numbers.ToDoubles(x)));
            }
        }
    }

    [Test]
    public void Every_grid_and_block_gives_the_same_bits()
    {
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(RandomBits(9001), DType.F32, 9001), y = memory.Allocate(DType.F16, 9001);
        byte[] Run(Operations operations)
        {
            operations.Convert(y, x);
            return memory.DownloadBytes(y);
        }
        byte[] expected = Run(device.Operations);
        KernelCheck.SameForEveryGrid(device, Run);
        KernelCheck.ForEveryBlock(device, operations => Assert.That(Run(operations), Is.EqualTo(expected)));
    }

    [Test]
    public void Nothing_is_done_where_there_is_nothing_and_bad_arguments_are_named()
    {
        using TestMemory memory = device.Memory();
        Tensor none = memory.Allocate(DType.F32, 0), five = memory.Allocate(DType.F32, 5);
        Assert.That(() => device.Operations.Convert(none, memory.Allocate(DType.BF16, 0)), Throws.Nothing);
        KernelCheck.Refuses(() => device.Operations.Convert(five, memory.Allocate(DType.F16, 6)), "convert: y is f32 [5], x is f16 [6]");
        KernelCheck.Refuses(() => device.Operations.Convert(five, memory.Allocate(DType.I64, 5)), "i64");
        KernelCheck.Refuses(() => device.Operations.Convert(memory.Allocate(DType.F64, 5), five), "f64");
    }

    /// <summary>Ties, subnormals, the borders of both half types and their neighbours.</summary>
    private static IEnumerable<float> Hard()
    {
        float[] centres =
            [0, 1, 1.00390625f, 1.01171875f, 1.00048828125f, 1.00146484375f, 65504, 65519.996f, 65520, 6.1035156e-5f, 5.9604645e-8f, 2.9802322e-8f,
             8.940697e-8f, 3.3895314e38f, 3.3961775e38f, 1e-40f, 1.1754944e-38f, float.PositiveInfinity, float.NaN];
        foreach (float centre in centres)
        {
            foreach (float value in new[] { MathF.BitDecrement(centre), centre, MathF.BitIncrement(centre) })
            {
                yield return value;
                yield return -value;
            }
        }
    }

    private static float[] RandomBits(int count)
    {
        byte[] bytes = new byte[count * 4];
        new Random(11).NextBytes(bytes);
        return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }
}
