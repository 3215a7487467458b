using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>Euler steps along a flow (Esser et al. 2024, arXiv:2403.03206), as diffusers' FlowMatchEulerDiscreteScheduler.</summary>
internal static class FlowMatchEulerSampler
{
    /// <summary>Works out every step.</summary>
    /// <param name="config">The scheduler's config.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <param name="options">Mu and Sigmas are used.</param>
    /// <exception cref="ModelConfigException">A field or the number of steps is not usable.</exception>
    public static ISampler Create(ConfigSection config, int stepCount, SamplerOptions options)
    {
        int trainStepCount = config.Integer("num_train_timesteps", 1000, 1, 100_000);
        SamplerConfig.CheckStepCount(config, stepCount, trainStepCount);
        float[] sigmas = FlowMatchSchedule.Sigmas(config, trainStepCount, stepCount, options);
        bool isInverted = config.Flag("invert_sigmas", false);
        if (isInverted)
            sigmas = [.. sigmas.Select(sigma => 1f - sigma)];
        float[] timesteps = [.. sigmas.Select(sigma => sigma * trainStepCount)];
        sigmas = [.. sigmas, isInverted ? 1f : 0f];
        bool isStochastic = config.Flag("stochastic_sampling", false);
        SamplerStep[] steps = [.. Enumerable.Range(0, stepCount).Select(i => Step(sigmas[i], sigmas[i + 1], isStochastic))];
        return new SamplerPlan(isStochastic ? "FlowMatch Euler (stochastic)" : "FlowMatch Euler", timesteps, sigmas, steps);
    }

    /// <summary>x + (next - sigma) v, or with fresh noise (1 - next) x0 + next z. In the first form eps stands for v itself.</summary>
    private static SamplerStep Step(double sigma, double next, bool isStochastic)
    {
        SamplerStep step = new() { X0FromX = 1, X0FromModel = -sigma, EpsFromModel = 1, StoresX0 = true };
        return isStochastic
            ? step with { XFromX0 = 1 - next, NoiseScale = next, DrawsNoise = true }
            : step with { XFromX = 1, XFromEps = next - sigma };
    }
}
