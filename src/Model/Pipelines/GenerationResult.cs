namespace Ditto.Pipelines;

/// <summary>What a run made, and what it took.</summary>
public sealed record GenerationResult
{
    /// <summary>(batch, channels, height, width) f32: the last latents; for a model without a VAE these are the pictures in [-1, 1].</summary>
    public required float[] Latents { get; init; }

    /// <summary>Samples.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Channels of the latents.</summary>
    public required int Channels { get; init; }

    /// <summary>Height of the latents.</summary>
    public required int Height { get; init; }

    /// <summary>Width of the latents.</summary>
    public required int Width { get; init; }

    /// <summary>The sampler that ran.</summary>
    public required string Sampler { get; init; }

    /// <summary>Denoising steps.</summary>
    public required int StepCount { get; init; }

    /// <summary>Time of the denoising loop.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Bytes of the session's pool.</summary>
    public required long PoolBytes { get; init; }

    /// <summary>Mean rate, steps per second.</summary>
    public double StepsPerSecond => StepCount / Elapsed.TotalSeconds;

    /// <summary>One sample's latents, (channels, height, width).</summary>
    public ReadOnlySpan<float> Sample(int index)
    {
        int size = Channels * Height * Width;
        return Latents.AsSpan(index * size, size);
    }

    /// <summary>One sample as 8-bit pixels (height, width, channels): round(clamp(v / 2 + 0.5) * 255), halves to even.</summary>
    public byte[] ToPixels(int index)
    {
        ReadOnlySpan<float> sample = Sample(index);
        byte[] pixels = new byte[sample.Length];
        int plane = Height * Width;
        for (int c = 0; c < Channels; c++)
            for (int i = 0; i < plane; i++)
            {
                float level = Math.Clamp((sample[(c * plane) + i] / 2) + 0.5f, 0f, 1f) * 255f;
                pixels[(i * Channels) + c] = (byte)MathF.Round(level, MidpointRounding.ToEven);
            }
        return pixels;
    }
}
