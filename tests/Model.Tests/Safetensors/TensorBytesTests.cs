using Ditto.Interop;
using Ditto.Layers;
using Ditto.Safetensors;
using NUnit.Framework;

namespace Ditto.Tests.Safetensors;

/// <summary>The comparison of stored tensors: any byte counts, none is read twice, and a difference ends it.</summary>
public sealed class TensorBytesTests
{
    private const int ByteCount = (600 << 10) + 3;       // more than two chunks, and a rest

    [TestCase(0)]
    [TestCase((256 << 10) - 1)]
    [TestCase(256 << 10)]
    [TestCase(ByteCount - 1)]
    public void One_byte_makes_the_difference_in_any_tensor(int place)
    {
        for (int odd = 0; odd < 3; odd++)
        {
            byte[][] bytes = [Bytes(), Bytes(), Bytes()];
            bytes[odd][place] ^= 0x80;
            Assert.That(TensorBytes.AreEqual([.. bytes.Select(b => Entry(new CountedData(b)))]), Is.False, $"tensor {odd}");
        }
    }

    [Test]
    public void Equal_tensors_are_read_once()
    {
        CountedData[] data = [.. Enumerable.Range(0, 4).Select(_ => new CountedData(Bytes()))];
        Assert.That(TensorBytes.AreEqual([.. data.Select(d => Entry(d))]), Is.True);
        Assert.That(data.Select(d => d.BytesRead), Is.All.EqualTo(ByteCount));
    }

    [Test]
    public void Nothing_is_read_behind_a_difference()
    {
        byte[] other = Bytes();
        other[0] ^= 1;
        CountedData first = new(Bytes()), second = new(other), third = new(Bytes());
        Assert.That(TensorBytes.AreEqual([Entry(first), Entry(second), Entry(third)]), Is.False);
        Assert.That(first.BytesRead, Is.LessThan(ByteCount));
        Assert.That(third.BytesRead, Is.Zero);
    }

    [Test]
    public void Other_shapes_and_types_differ_without_a_look_at_the_bytes()
    {
        CountedData data = new(new byte[8]);
        TensorEntry tensor = Entry(data, DType.U8, 2, 4);
        Assert.That(TensorBytes.AreEqual([tensor, Entry(data, DType.U8, 4, 2)]), Is.False);
        Assert.That(TensorBytes.AreEqual([tensor, Entry(data, DType.I8, 2, 4)]), Is.False);
        Assert.That(data.BytesRead, Is.Zero);
        Assert.That(TensorBytes.AreEqual([tensor]), Is.True, "alone");
    }

    private static byte[] Bytes()
    {
        byte[] bytes = new byte[ByteCount];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static TensorEntry Entry(CountedData data) => Entry(data, DType.U8, ByteCount);

    private static TensorEntry Entry(CountedData data, DType type, params long[] shape) =>
        new("w", SafetensorsType.Of(type), shape, data.Length / type.ByteSize(), 0, data.Length) { Data = data };

    /// <summary>Bytes in memory that count how many of them were read.</summary>
    private sealed class CountedData(byte[] bytes) : TensorData("counted")
    {
        public long BytesRead { get; private set; }

        public override long Length => bytes.Length;

        public override void Read(long offset, Span<byte> destination)
        {
            BytesRead += destination.Length;
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }

        public override bool TryMap(long offset, int byteCount, out ReadOnlySpan<byte> bytes)
        {
            bytes = default;
            return false;
        }

        public override void Dispose()
        {
        }
    }
}
