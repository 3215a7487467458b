namespace Ditto.Samplers;

/// <summary>What a caller decides about a sampler beyond its config file and the number of steps.</summary>
public sealed record SamplerOptions
{
    /// <summary>A scheduler class to take in place of the config's, for example "DPMSolverMultistepScheduler"; null = the config's own.</summary>
    public string? ClassName { get; init; }

    /// <summary>Amount of fresh noise in DDIM, 0 (deterministic) to 1 (as much as DDPM).</summary>
    public double Eta { get; init; }

    /// <summary>DDIM: eps is made anew from the clamped x0.</summary>
    public bool UseClippedModelOutput { get; init; }

    /// <summary>The shift of flow sigmas for this picture size, where the config says use_dynamic_shifting; see <see cref="DynamicShift"/>.</summary>
    public double? Mu { get; init; }

    /// <summary>Flow matching: the unshifted sigmas, one for each step, falling within (0, 1]; null = the scheduler's own.</summary>
    public IReadOnlyList<float>? Sigmas { get; init; }

    /// <summary>Sigmas from 1 to 1 / stepCount in equal steps, as the FLUX, Qwen-Image and LTX pipelines pass them.</summary>
    /// <param name="stepCount">Number of steps, at least 1.</param>
    public static IReadOnlyList<float> LinearSigmas(int stepCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stepCount, 1);
        return [.. Numeric.Linspace(1, 1.0 / stepCount, stepCount).Select(sigma => (float)sigma)];
    }
}
