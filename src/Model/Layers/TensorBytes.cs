using System.Buffers;
using Ditto.Safetensors;

namespace Ditto.Layers;

/// <summary>Compares stored tensors.</summary>
internal static class TensorBytes
{
    private const int ChunkBytes = 256 << 10;            // two pieces stay in a core's second-level cache

    /// <summary>Whether two tensors have the same type, shape and bytes.</summary>
    public static bool AreEqual(TensorEntry a, TensorEntry b)
    {
        if (a.TypeName != b.TypeName || !a.Shape.SequenceEqual(b.Shape)) return false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * ChunkBytes);
        try
        {
            for (long offset = 0; offset < a.ByteCount; offset += ChunkBytes)
            {
                int count = (int)Math.Min(ChunkBytes, a.ByteCount - offset);
                Span<byte> mine = buffer.AsSpan(0, count), theirs = buffer.AsSpan(ChunkBytes, count);
                a.Read(offset, mine);
                b.Read(offset, theirs);
                if (!mine.SequenceEqual(theirs)) return false;
            }
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
