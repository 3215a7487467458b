using Ditto.Interop;

namespace Ditto.Layers;

/// <summary>
/// The fixed 2-D sine-cosine position table of DiT, PixArt and SD3: the first half of the channels encodes the column, the second the row.
/// Source: diffusers <c>get_2d_sincos_pos_embed</c>; grid positions in float32, frequencies and angles in float64.
/// </summary>
public static class SinCosPositions
{
    /// <summary>The table for a grid of patches.</summary>
    /// <param name="gridHeight">Rows of patches, at least 1.</param>
    /// <param name="gridWidth">Columns of patches, at least 1.</param>
    /// <param name="dim">Channels, a multiple of 4.</param>
    /// <param name="baseSize">Patches along an edge at training size: positions are scaled to it.</param>
    /// <param name="storage">Type that the checkpoint is stored in: F32, or BF16 or F16, to which the table is rounded, since PyTorch keeps the
    /// table as a buffer of the model and gives it the model's type. (An f16 table moves a prediction by 1e-4.)</param>
    /// <param name="interpolation">Divides every position; 1 in DiT.</param>
    /// <returns>(gridHeight * gridWidth, dim) row-major f32.</returns>
    public static float[] Table(int gridHeight, int gridWidth, int dim, int baseSize, DType storage = DType.F32, float interpolation = 1f)
    {
        int half = dim / 2;
        float[] table = new float[gridHeight * gridWidth * dim];
        for (int row = 0; row < gridHeight; row++)
        {
            for (int column = 0; column < gridWidth; column++)
            {
                Span<float> token = table.AsSpan(((row * gridWidth) + column) * dim, dim);
                Encode(token[..half], Position(column, gridWidth, baseSize, interpolation));
                Encode(token[half..], Position(row, gridHeight, baseSize, interpolation));
            }
        }
        if (storage != DType.F32)
            foreach (ref float value in table.AsSpan()) value = Rounded(value, storage);
        return table;
    }

    /// <summary>To nearest, ties to even.</summary>
    private static float Rounded(float value, DType storage)
    {
        if (storage == DType.F16) return (float)(Half)value;
        if (storage != DType.BF16) return value;
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF_0000);
    }

    private static float Position(int index, int count, int baseSize, float interpolation) =>
        index / (float)((double)count / baseSize) / interpolation;

    private static void Encode(Span<float> channels, float position)
    {
        int quarter = channels.Length / 2;
        for (int k = 0; k < quarter; k++)
        {
            double angle = position * (1.0 / Math.Pow(10000.0, k / (double)quarter));
            channels[k] = (float)Math.Sin(angle);
            channels[quarter + k] = (float)Math.Cos(angle);
        }
    }
}
