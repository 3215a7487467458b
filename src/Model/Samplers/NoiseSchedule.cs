using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>
/// The discrete noise schedule that DDPM, DDIM and DPM-Solver share: alpha_bar of every training timestep, computed in f32 as diffusers does.
/// </summary>
internal sealed class NoiseSchedule
{
    private const int MaxTrainStepCount = 100_000;

    private NoiseSchedule(float[] alphaBars) => AlphaBars = alphaBars;

    /// <summary>Share of the clean sample's variance in x at each training timestep, falling.</summary>
    public float[] AlphaBars { get; }

    /// <summary>Number of training timesteps.</summary>
    public int TrainStepCount => AlphaBars.Length;

    /// <summary>Reads num_train_timesteps, beta_start, beta_end, beta_schedule, trained_betas and rescale_betas_zero_snr.</summary>
    /// <param name="config">The scheduler's config.</param>
    /// <exception cref="ModelConfigException">A field is outside of its range, or betas fall.</exception>
    public static NoiseSchedule FromConfig(ConfigSection config)
    {
        int count = config.Integer("num_train_timesteps", 1000, 1, MaxTrainStepCount);
        float[] alphas = [.. Betas(config, count).Select(beta => 1f - beta)];
        float[] alphaBars = Numeric.CumulativeProduct(alphas);
        if (config.Flag("rescale_betas_zero_snr", false))
            alphaBars = RescaleToZeroSnr(alphaBars);
        return new NoiseSchedule(alphaBars);
    }

    private static float[] Betas(ConfigSection config, int count)
    {
        if (config.OptionalReals("trained_betas", 0, 1) is { } trained)
        {
            return trained.Length == count && !trained.Contains(1)
                ? [.. trained.Select(beta => (float)beta)]
                : throw config.Wrong("trained_betas", $"{count} numbers below 1 (num_train_timesteps)");
        }
        double start = config.Real("beta_start", 0.0001, 1e-12, 0.999999), end = config.Real("beta_end", 0.02, 1e-12, 0.999999);
        string schedule = config.Choice("beta_schedule", "linear", "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid");
        if (schedule != "squaredcos_cap_v2" && end < start)
            throw config.Wrong("beta_end", FormattableString.Invariant($"numbers from beta_start ({start}) on: betas must not fall"));
        return schedule switch
        {
            "linear" => Numeric.LinspaceSingle((float)start, (float)end, count),
            "scaled_linear" => [.. Numeric.LinspaceSingle((float)Math.Sqrt(start), (float)Math.Sqrt(end), count).Select(root => root * root)],
            "sigmoid" => [.. Numeric.LinspaceSingle(-6, 6, count).Select(x => 1f / (1f + MathF.Exp(-x)) * (float)(end - start) + (float)start)],
            _ => CosineBetas(count),
        };
    }

    /// <summary>squaredcos_cap_v2: Nichol and Dhariwal 2021, arXiv:2102.09672.</summary>
    private static float[] CosineBetas(int count)
    {
        static double AlphaBar(double t)
        {
            double cosine = Math.Cos((t + 0.008) / 1.008 * Math.PI / 2);
            return cosine * cosine;
        }

        return [.. Enumerable.Range(0, count).Select(i => (float)Math.Min(1 - AlphaBar((i + 1.0) / count) / AlphaBar((double)i / count), 0.999))];
    }

    /// <summary>
    /// Shifts and scales sqrt(alpha_bar) so that the last one is 0 and the first one stays (Lin et al. 2023, arXiv:2305.08891), by way of the
    /// betas, whose rounding diffusers keeps.
    /// </summary>
    private static float[] RescaleToZeroSnr(float[] alphaBars)
    {
        float first = MathF.Sqrt(alphaBars[0]), last = MathF.Sqrt(alphaBars[^1]);
        float scale = first / (first - last);
        float[] bars = [.. alphaBars.Select(bar => (MathF.Sqrt(bar) - last) * scale).Select(root => root * root)];
        float[] betas = [.. bars.Select((bar, i) => 1f - (i == 0 ? bar : bar / bars[i - 1]))];
        return Numeric.CumulativeProduct([.. betas.Select(beta => 1f - beta)]);
    }
}
