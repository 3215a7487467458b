using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>Noise levels and timesteps of DPM-Solver, in diffusers' rounding: sigmas f32, timesteps integers cut towards zero.</summary>
/// <param name="Sigmas">One more than steps, falling; the last is 0 or the training table's smallest.</param>
/// <param name="Timesteps">One for each step.</param>
/// <param name="IsFlow">True if x = (1 - sigma) x0 + sigma eps, false if x = (x0 + sigma eps) / sqrt(1 + sigma^2).</param>
internal sealed record DpmSolverSchedule(float[] Sigmas, float[] Timesteps, bool IsFlow)
{
    private const float ZeroSnrAlphaBar = 1f / (1 << 24);            // in place of 0, so that the largest sigma is 4096

    private static readonly string[] Spacings =
        ["use_karras_sigmas", "use_lu_lambdas", "use_exponential_sigmas", "use_beta_sigmas", "use_flow_sigmas"];

    /// <summary>Works the schedule out.</summary>
    /// <param name="config">The scheduler's config.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <param name="options">Mu is used.</param>
    /// <exception cref="ModelConfigException">A field or the number of steps is not usable.</exception>
    public static DpmSolverSchedule Create(ConfigSection config, int stepCount, SamplerOptions options)
    {
        NoiseSchedule schedule = NoiseSchedule.FromConfig(config);
        SamplerConfig.CheckStepCount(config, stepCount, schedule.TrainStepCount);
        float[] alphaBars = schedule.AlphaBars;
        if (config.Flag("rescale_betas_zero_snr", false))
            alphaBars[^1] = ZeroSnrAlphaBar;
        float[] table = [.. alphaBars.Select(bar => MathF.Sqrt((1f - bar) / bar))];
        (double[] sigmas, double[] timesteps, bool isFlow) = Spaced(config, table, alphaBars, stepCount, options);
        float last = config.Choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero" ? 0f : table[0];
        float[] rounded = [.. sigmas.Select(sigma => (float)sigma), last];
        for (int i = 1; i < rounded.Length; i++)
        {
            bool isRepeatedEnd = i == rounded.Length - 1 && rounded[i] == rounded[i - 1];       // sigma_min after a spacing that ends there
            if (!(rounded[i] < rounded[i - 1]) && !isRepeatedEnd)
            {
                string found = FormattableString.Invariant($"{stepCount}, with sigma {rounded[i - 1]} followed by {rounded[i]} at step {i}");
                throw config.Refuse("num_inference_steps", found, "step counts whose sigmas fall");
            }
        }
        return new DpmSolverSchedule(rounded, [.. timesteps.Select(t => (float)Math.Truncate(t))], isFlow);
    }

    private static (double[] Sigmas, double[] Timesteps, bool IsFlow) Spaced(
        ConfigSection config, float[] table, float[] alphaBars, int stepCount, SamplerOptions options)
    {
        string[] chosen = [.. Spacings.Where(field => config.Flag(field, false))];
        if (chosen.Length > 1)
            throw config.Refuse(chosen[1], "true", $"false (only one spacing, and {chosen[0]} is true, too)");
        float[] logTable = [.. table.Select(sigma => MathF.Log(sigma))];
        double min = table[0], max = table[^1];
        bool isRounded = config.Choice("beta_schedule", "linear", "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid") != "squaredcos_cap_v2";
        switch (chosen.FirstOrDefault())
        {
            case "use_karras_sigmas":
                return WithTimesteps(SigmaSpacing.Karras(min, max, stepCount), logTable, isRounded);
            case "use_lu_lambdas":                                   // Lu et al. 2022, arXiv:2206.00927: equal steps of lambda
                return WithTimesteps([.. Numeric.Linspace(logTable[^1], logTable[0], stepCount).Select(Math.Exp)], logTable, isRounded);
            case "use_exponential_sigmas":
                return WithTimesteps(SigmaSpacing.Exponential(min, max, stepCount), logTable, isRounded: false);
            case "use_beta_sigmas":
                return WithTimesteps(SigmaSpacing.Beta(min, max, stepCount), logTable, isRounded: false);
            case "use_flow_sigmas":
                double[] flow = FlowSigmas(config, table.Length, stepCount, options);
                return (flow, [.. flow.Select(sigma => sigma * table.Length)], true);
            default:
                int[] timesteps = TimestepSpacing.OfMultistepSolvers(config, table.Length, LastTimestep(config, alphaBars), stepCount);
                return ([.. timesteps.Select(t => (double)table[t])], [.. timesteps.Select(t => (double)t)], false);
        }
    }

    private static (double[] Sigmas, double[] Timesteps, bool IsFlow) WithTimesteps(double[] sigmas, float[] logTable, bool isRounded)
    {
        IEnumerable<double> timesteps = sigmas.Select(sigma => TimestepOf(sigma, logTable));
        return (sigmas, [.. isRounded ? timesteps.Select(t => Math.Round(t, MidpointRounding.ToEven)) : timesteps], false);
    }

    /// <summary>Where a sigma stands in the training table, by linear interpolation of its logarithm.</summary>
    private static double TimestepOf(double sigma, float[] logTable)
    {
        double log = Math.Log(Math.Max(sigma, 1e-10));
        if (logTable.Length < 2)
            return 0;
        int low = Math.Clamp(logTable.Count(entry => log - entry >= 0) - 1, 0, logTable.Length - 2);
        double weight = Math.Clamp((logTable[low] - log) / ((double)logTable[low] - logTable[low + 1]), 0, 1);
        return (1 - weight) * low + weight * (low + 1);
    }

    private static double[] FlowSigmas(ConfigSection config, int trainStepCount, int stepCount, SamplerOptions options)
    {
        double shift = config.Real("flow_shift", 1, 1e-6, 1e6);
        if (config.Flag("use_dynamic_shifting", false) && options.Mu is { } mu)
            shift = Math.Exp(mu);
        return [.. Numeric.Linspace(1, 1.0 / trainStepCount, stepCount + 1)
            .Select(alpha => 1 - alpha)
            .Select(sigma => shift * sigma / (1 + (shift - 1) * sigma))
            .Reverse()
            .SkipLast(1)];
    }

    /// <summary>One more than the largest timestep whose lambda is not below lambda_min_clipped.</summary>
    private static int LastTimestep(ConfigSection config, float[] alphaBars)
    {
        double limit = config.Real("lambda_min_clipped", double.NegativeInfinity, double.NegativeInfinity, 1000);
        int clipped = alphaBars.Count(bar => MathF.Log(MathF.Sqrt(bar)) - MathF.Log(MathF.Sqrt(1f - bar)) < limit);
        return alphaBars.Length - clipped >= 1
            ? alphaBars.Length - clipped
            : throw config.Wrong("lambda_min_clipped", "limits below the schedule's largest lambda");
    }
}
