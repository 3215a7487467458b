namespace Ditto.Samplers;

/// <summary>A sampler whose steps are all worked out beforehand.</summary>
/// <param name="name">Name for reports.</param>
/// <param name="timesteps">Timestep of each step.</param>
/// <param name="sigmas">Noise levels, one more than steps; empty where the sampler has none.</param>
/// <param name="steps">The steps.</param>
internal sealed class SamplerPlan(string name, float[] timesteps, float[] sigmas, SamplerStep[] steps) : ISampler
{
    public string Name { get; } = name;

    public int StepCount => steps.Length;

    public ReadOnlySpan<float> Timesteps => timesteps;

    public ReadOnlySpan<float> Sigmas => sigmas;

    public float InitNoiseSigma => 1f;

    public SamplerStep Step(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, steps.Length);
        return steps[index];
    }
}
