using System.Globalization;
using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>
/// The noise levels of flow matching: linear, then shifted, stretched and spaced as the config says. Sigmas that a caller gives are worked on
/// in f32 and the scheduler's own in f64, as diffusers does; the result is f32 either way.
/// </summary>
internal static class FlowMatchSchedule
{
    private static readonly string[] Spacings = ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"];

    /// <summary>The sigmas of all steps, without the one that follows the last.</summary>
    /// <param name="config">The scheduler's config.</param>
    /// <param name="trainStepCount">Number of training timesteps.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <param name="options">Mu and Sigmas are used.</param>
    /// <exception cref="ModelConfigException">A field is not usable, or mu is missing.</exception>
    public static float[] Sigmas(ConfigSection config, int trainStepCount, int stepCount, SamplerOptions options)
    {
        double shift = config.Real("shift", 1, 1e-6, 1e6);
        bool isDynamic = config.Flag("use_dynamic_shifting", false);
        bool isSingle = options.Sigmas is not null;
        double Round(double value) => isSingle ? (float)value : value;

        double[] sigmas = options.Sigmas is { } given ? Given(given, stepCount) : Own(trainStepCount, stepCount, isDynamic ? 1 : shift);
        sigmas = isDynamic ? Dynamic(config, sigmas, options.Mu, Round) : [.. sigmas.Select(sigma => Shifted(sigma, shift, Round))];
        sigmas = Stretched(config, sigmas, Round);
        sigmas = Spaced(config, sigmas);
        float[] rounded = [.. sigmas.Select(sigma => (float)sigma)];
        for (int i = 1; i < rounded.Length; i++)
        {
            if (!(rounded[i] < rounded[i - 1]))
            {
                string found = FormattableString.Invariant($"{rounded[i - 1]} followed by {rounded[i]} at step {i}");
                throw config.Refuse("sigmas", found, "falling values");
            }
        }
        return rounded;
    }

    /// <summary>shift s / (1 + (shift - 1) s), rounded after each operation.</summary>
    private static double Shifted(double sigma, double shift, Func<double, double> round) =>
        round(round(round(shift) * sigma) / round(1 + round(round(shift - 1) * sigma)));

    private static double[] Given(IReadOnlyList<float> sigmas, int stepCount)
    {
        if (sigmas.Count != stepCount)
            throw new ArgumentException($"{sigmas.Count} sigmas are given for {stepCount} steps", nameof(sigmas));
        if (sigmas.Any(sigma => !(sigma is > 0 and <= 1)))
            throw new ArgumentException("sigmas must lie within (0, 1]", nameof(sigmas));
        return [.. sigmas.Select(sigma => (double)sigma)];
    }

    /// <summary>Equal steps between the ends of the training table, which is already shifted once: the lower end is shifted twice in all.</summary>
    private static double[] Own(int trainStepCount, int stepCount, double shift)
    {
        static double RoundToSingle(double value) => (float)value;

        double max = Shifted(1, shift, RoundToSingle), min = Shifted((float)(1f / trainStepCount), shift, RoundToSingle);
        return [.. Numeric.Linspace(max * trainStepCount, min * trainStepCount, stepCount).Select(t => t / trainStepCount)];
    }

    private static double[] Dynamic(ConfigSection config, double[] sigmas, double? mu, Func<double, double> round)
    {
        if (mu is not { } shift || !double.IsFinite(shift))
            throw config.Refuse("mu", mu?.ToString(CultureInfo.InvariantCulture) ?? "missing", "a finite number (use_dynamic_shifting is true)");
        bool isExponential = config.Choice("time_shift_type", "exponential", "exponential", "linear") == "exponential";
        double factor = round(isExponential ? Math.Exp(shift) : shift);
        return [.. sigmas.Select(sigma => round(factor / round(factor + round(round(1 / sigma) - 1))))];
    }

    /// <summary>Stretches 1 - sigma so that the last sigma is shift_terminal.</summary>
    private static double[] Stretched(ConfigSection config, double[] sigmas, Func<double, double> round)
    {
        double terminal = config.Real("shift_terminal", 0, 0, 0.999999);
        if (terminal == 0)
            return sigmas;
        double scale = round(round(1 - sigmas[^1]) / round(1 - terminal));
        if (scale <= 0)
        {
            string count = sigmas.Length.ToString(CultureInfo.InvariantCulture);
            throw config.Refuse("num_inference_steps", count, "2 or more (shift_terminal cannot stretch a single sigma of 1)");
        }
        return [.. sigmas.Select(sigma => round(1 - round(round(1 - sigma) / scale)))];
    }

    private static double[] Spaced(ConfigSection config, double[] sigmas)
    {
        return SpacingName(config) switch
        {
            "use_karras_sigmas" => SigmaSpacing.Karras(sigmas[^1], sigmas[0], sigmas.Length),
            "use_exponential_sigmas" => SigmaSpacing.Exponential(sigmas[^1], sigmas[0], sigmas.Length),
            "use_beta_sigmas" => SigmaSpacing.Beta(sigmas[^1], sigmas[0], sigmas.Length),
            _ => sigmas,
        };
    }

    private static string? SpacingName(ConfigSection config)
    {
        string[] chosen = [.. Spacings.Where(field => config.Flag(field, false))];
        return chosen.Length <= 1
            ? chosen.FirstOrDefault()
            : throw config.Refuse(chosen[1], "true", $"false (only one spacing, and {chosen[0]} is true, too)");
    }
}
