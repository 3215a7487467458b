using System.Buffers;
using Ditto.Safetensors;

namespace Ditto.Layers;

/// <summary>Compares stored tensors.</summary>
internal static class TensorBytes
{
    private const int ChunkBytes = 256 << 10;            // two pieces stay in a core's second-level cache

    /// <summary>Whether all tensors have the same type, shape and bytes. Reads each byte once, and none behind the first that differs.</summary>
    /// <param name="tensors">At least one.</param>
    /// <exception cref="ModelFormatException">A file cannot be read or has shrunk.</exception>
    public static bool AreEqual(IReadOnlyList<TensorEntry> tensors)
    {
        TensorEntry first = tensors[0];
        if (tensors.Any(tensor => tensor.TypeName != first.TypeName || !tensor.Shape.SequenceEqual(first.Shape))) return false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * ChunkBytes);
        try
        {
            for (long offset = 0; offset < first.ByteCount; offset += ChunkBytes)
            {
                int count = (int)Math.Min(ChunkBytes, first.ByteCount - offset);
                Span<byte> expected = buffer.AsSpan(0, count), found = buffer.AsSpan(ChunkBytes, count);
                first.Read(offset, expected);
                foreach (TensorEntry other in tensors.Skip(1))
                {
                    other.Read(offset, found);
                    if (!expected.SequenceEqual(found)) return false;
                }
            }
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
