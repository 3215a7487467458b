using Ditto.Imaging;

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

    /// <summary>One sample as an 8-bit picture, where the latents are the picture (1 or 3 channels, no VAE).</summary>
    public Image ToImage(int index) => Image.FromSample(Sample(index), Channels, Height, Width);
}
