namespace Ditto.Imaging;

/// <summary>A picture of 8-bit values: rows from the top, pixels from the left, the channels of a pixel side by side.</summary>
public sealed class Image
{
    private readonly byte[] pixels;

    /// <summary>A picture over an array that it takes over.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.</param>
    /// <param name="pixels">height * width * channels values.</param>
    /// <exception cref="ArgumentException">The array has another length.</exception>
    public Image(int width, int height, int channels, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 4);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != (long)width * height * channels)
        {
            string problem = $"{width}x{height} pixels of {channels} channels need {(long)width * height * channels} values, got {pixels.Length}";
            throw new ArgumentException(problem, nameof(pixels));
        }
        (Width, Height, Channels, this.pixels) = (width, height, channels, pixels);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.</summary>
    public int Channels { get; }

    /// <summary>(height, width, channels), 0..255.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>One row, (width, channels).</summary>
    /// <param name="y">The row, from the top.</param>
    public ReadOnlySpan<byte> Row(int y) => pixels.AsSpan(y * Width * Channels, Width * Channels);

    /// <summary>
    /// A sample of a model or VAE as a picture: clamp(x / 2 + 0.5, 0, 1) * 255, halves rounded to even, as diffusers does. NaN becomes 0.
    /// </summary>
    /// <param name="sample">(channels, height, width), nominally within [-1, 1].</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <exception cref="ArgumentException">The sample has another length.</exception>
    public static Image FromSample(ReadOnlySpan<float> sample, int channels, int height, int width)
    {
        if (sample.Length != (long)channels * height * width)
        {
            string problem = $"({channels}, {height}, {width}) needs {(long)channels * height * width} values, got {sample.Length}";
            throw new ArgumentException(problem, nameof(sample));
        }
        byte[] pixels = new byte[sample.Length];
        int plane = height * width;
        for (int i = 0; i < sample.Length; i++)
            pixels[i % plane * channels + i / plane] = ToByte(sample[i]);
        return new Image(width, height, channels, pixels);
    }

    private static byte ToByte(float value)
    {
        float unit = Math.Clamp(value / 2f + 0.5f, 0f, 1f);
        return float.IsNaN(unit) ? (byte)0 : (byte)MathF.Round(unit * 255f, MidpointRounding.ToEven);
    }
}
