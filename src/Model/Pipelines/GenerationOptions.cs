namespace Ditto.Pipelines;

/// <summary>What to generate. A record: change one field with <c>with</c>.</summary>
public sealed record GenerationOptions
{
    /// <summary>One class per sample, 0 to the number of classes (that number itself is the empty class). Their count is the batch size.</summary>
    public required IReadOnlyList<int> ClassLabels { get; init; }

    /// <summary>Denoising steps, 1 to 1000 (or what the scheduler was trained on).</summary>
    public int StepCount { get; init; } = 50;

    /// <summary>Classifier-free guidance: prediction = uncond + scale (cond - uncond). 1 or less is off (one forward a step and not two).</summary>
    public float GuidanceScale { get; init; } = 1.5f;

    /// <summary>Which channels guidance acts on.</summary>
    public GuidanceRule GuidanceRule { get; init; } = GuidanceRule.AllChannels;

    /// <summary>Seed of the noise; the same seed gives the same bits on a device. Negative seeds are taken as their 64-bit pattern.</summary>
    public long Seed { get; init; }

    /// <summary>Generator of the noise.</summary>
    public RandomSource RandomSource { get; init; } = RandomSource.TorchCpu;

    /// <summary>Initial noise (batch, channels, height, width) instead of the seed's; null for the seed's.</summary>
    public ReadOnlyMemory<float>? Latents { get; init; }

    /// <summary>Height in latent pixels, a multiple of the patch size; null for the model's own.</summary>
    public int? Height { get; init; }

    /// <summary>Width in latent pixels, a multiple of the patch size; null for the model's own.</summary>
    public int? Width { get; init; }

    /// <summary>Samples run at most this many at a time, 1 or more; the pictures do not depend on it.</summary>
    public int MaxBatch { get; init; } = 16;

    /// <summary>Sampler instead of the model's: ddpm, ddim, dpm++ or euler (flow matching); null for what scheduler_config.json says.</summary>
    public string? Sampler { get; init; }
}
