namespace Ditto.Imaging;

/// <summary>The five row filters of PNG: each byte minus a prediction from its left (a), upper (b) and upper left (c) neighbours.</summary>
internal static class PngFilter
{
    /// <summary>Number of filters; their codes are 0 to 4: none, sub, up, average, Paeth.</summary>
    public const int Count = 5;

    /// <summary>Filters a row.</summary>
    /// <param name="filter">Code of the filter.</param>
    /// <param name="row">The row's bytes.</param>
    /// <param name="above">The row above; zeros for the first row.</param>
    /// <param name="pixelByteCount">Distance of the left neighbour.</param>
    /// <param name="filtered">Takes the differences.</param>
    public static void Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int pixelByteCount, Span<byte> filtered)
    {
        for (int i = 0; i < row.Length; i++)
        {
            byte left = i >= pixelByteCount ? row[i - pixelByteCount] : (byte)0;
            byte upperLeft = i >= pixelByteCount ? above[i - pixelByteCount] : (byte)0;
            filtered[i] = (byte)(row[i] - Predict(filter, left, above[i], upperLeft));
        }
    }

    /// <summary>Undoes a filter in place.</summary>
    /// <param name="filter">Code of the filter.</param>
    /// <param name="row">The differences; becomes the row's bytes.</param>
    /// <param name="above">The row above; zeros for the first row.</param>
    /// <param name="pixelByteCount">Distance of the left neighbour.</param>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int pixelByteCount)
    {
        for (int i = 0; i < row.Length; i++)
        {
            byte left = i >= pixelByteCount ? row[i - pixelByteCount] : (byte)0;
            byte upperLeft = i >= pixelByteCount ? above[i - pixelByteCount] : (byte)0;
            row[i] = (byte)(row[i] + Predict(filter, left, above[i], upperLeft));
        }
    }

    private static int Predict(int filter, int left, int up, int upperLeft) => filter switch
    {
        0 => 0,
        1 => left,
        2 => up,
        3 => (left + up) / 2,
        _ => Paeth(left, up, upperLeft),
    };

    private static int Paeth(int left, int up, int upperLeft)
    {
        int estimate = left + up - upperLeft;
        int toLeft = Math.Abs(estimate - left), toUp = Math.Abs(estimate - up), toUpperLeft = Math.Abs(estimate - upperLeft);
        if (toLeft <= toUp && toLeft <= toUpperLeft)
            return left;
        return toUp <= toUpperLeft ? up : upperLeft;
    }
}
