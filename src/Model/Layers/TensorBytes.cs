using Ditto.Safetensors;

namespace Ditto.Layers;

/// <summary>Compares stored tensors.</summary>
internal static class TensorBytes
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Whether two tensors have the same type, shape and bytes.</summary>
    public static bool AreEqual(TensorEntry a, TensorEntry b)
    {
        if (a.TypeName != b.TypeName || !a.Shape.SequenceEqual(b.Shape)) return false;
        bool equal = true;
        byte[] other = new byte[Math.Min(ChunkBytes, b.ByteCount)];
        a.ReadChunks(
            (offset, bytes) =>
            {
                if (!equal) return;
                Span<byte> theirs = other.AsSpan(0, bytes.Length);
                b.Read(offset, theirs);
                equal = bytes.SequenceEqual(theirs);
            },
            ChunkBytes);
        return equal;
    }
}
