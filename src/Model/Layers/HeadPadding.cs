namespace Ditto.Layers;

/// <summary>
/// Attention kernels exist for head sizes of 32 to 128 in steps of 8. A model with another size runs on the next one: each head's q, k and
/// v rows are followed by zero rows, and the output projection's columns by zero columns. Scores and results are unchanged.
/// </summary>
internal static class HeadPadding
{
    /// <summary>The head size that runs: the next multiple of 8, at least 32.</summary>
    public static int Padded(int headDim) => Math.Max(32, (headDim + 7) / 8 * 8);

    /// <summary>(heads * headDim, rowBytes) to (heads * padded, rowBytes): zero rows after each head's own.</summary>
    public static byte[] Rows(ReadOnlySpan<byte> values, int heads, int headDim, int padded, int rowBytes)
    {
        byte[] result = new byte[(long)heads * padded * rowBytes];
        for (int head = 0; head < heads; head++)
            values.Slice(head * headDim * rowBytes, headDim * rowBytes).CopyTo(result.AsSpan(head * padded * rowBytes));
        return result;
    }

    /// <summary>(rows, heads * headDim) to (rows, heads * padded): zero columns after each head's own.</summary>
    public static byte[] Columns(ReadOnlySpan<byte> values, int heads, int headDim, int padded, int rows, int elementBytes)
    {
        byte[] result = new byte[(long)rows * heads * padded * elementBytes];
        for (int row = 0; row < rows * heads; row++)
            values.Slice(row * headDim * elementBytes, headDim * elementBytes).CopyTo(result.AsSpan(row * padded * elementBytes));
        return result;
    }
}
