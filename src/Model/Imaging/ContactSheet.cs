namespace Ditto.Imaging;

/// <summary>Puts pictures of one size side by side.</summary>
public static class ContactSheet
{
    /// <summary>A sheet of tiles, row by row, with lines between and around them.</summary>
    /// <param name="tiles">Pictures of one size and number of channels; at least one.</param>
    /// <param name="columns">Tiles in a row, at least 1.</param>
    /// <param name="scale">Each pixel becomes a square of this many pixels, at least 1.</param>
    /// <param name="separator">Width of the lines in pixels, 0 = none.</param>
    /// <param name="background">Value of the lines and of missing tiles.</param>
    /// <exception cref="ArgumentException">There is no tile, or they differ in size.</exception>
    public static Image Compose(IReadOnlyList<Image> tiles, int columns, int scale = 1, int separator = 2, byte background = 255)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(separator);
        if (tiles.Count == 0)
            throw new ArgumentException("a sheet needs at least one tile", nameof(tiles));
        (int width, int height, int channels) = (tiles[0].Width, tiles[0].Height, tiles[0].Channels);
        Image? other = tiles.FirstOrDefault(tile => (tile.Width, tile.Height, tile.Channels) != (width, height, channels));
        if (other is not null)
            throw new ArgumentException(
                $"tiles differ: {width}x{height}x{channels} and {other.Width}x{other.Height}x{other.Channels}", nameof(tiles));
        int rows = (tiles.Count + columns - 1) / columns;
        int cellWidth = width * scale + separator, cellHeight = height * scale + separator;
        int sheetWidth = checked(columns * cellWidth + separator), sheetHeight = checked(rows * cellHeight + separator);
        byte[] pixels = new byte[checked(sheetWidth * sheetHeight * channels)];
        Array.Fill(pixels, background);
        for (int i = 0; i < tiles.Count; i++)
        {
            int x = separator + i % columns * cellWidth, y = separator + i / columns * cellHeight;
            Paste(tiles[i], scale, pixels.AsSpan((y * sheetWidth + x) * channels), sheetWidth * channels);
        }
        return new Image(sheetWidth, sheetHeight, channels, pixels);
    }

    private static void Paste(Image tile, int scale, Span<byte> target, int stride)
    {
        int channels = tile.Channels;
        for (int y = 0; y < tile.Height * scale; y++)
        {
            ReadOnlySpan<byte> row = tile.Row(y / scale);
            Span<byte> line = target[(y * stride)..];
            for (int x = 0; x < tile.Width * scale; x++)
                row.Slice(x / scale * channels, channels).CopyTo(line[(x * channels)..]);
        }
    }
}
