using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>DDPM (Ho et al. 2020, arXiv:2006.11239), as diffusers' DDPMScheduler.</summary>
internal static class DdpmSampler
{
    private const double SmallestVariance = 1e-20;

    /// <summary>Works out every step.</summary>
    /// <param name="config">The scheduler's config.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <exception cref="ModelConfigException">A field or the number of steps is not usable.</exception>
    public static ISampler Create(ConfigSection config, int stepCount)
    {
        NoiseSchedule schedule = NoiseSchedule.FromConfig(config);
        SamplerConfig.CheckStepCount(config, stepCount, schedule.TrainStepCount);
        SamplerConfig.RefuseThresholding(config);
        PredictionType prediction = SamplerConfig.Prediction(config, "epsilon", "sample", "v_prediction");
        string variance = config.Choice("variance_type", "fixed_small", "fixed_small", "fixed_small_log", "fixed_large", "learned_range");
        double clip = SamplerConfig.Clip(config);
        int[] timesteps = TimestepSpacing.OfOneStepSolvers(config, schedule.TrainStepCount, stepCount);
        SamplerStep[] steps = new SamplerStep[timesteps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            double alphaBar = schedule.AlphaBars[timesteps[i]];
            double previousAlphaBar = i + 1 < steps.Length ? schedule.AlphaBars[timesteps[i + 1]] : 1;      // the next entry, unlike DDIM
            SamplerConfig.CheckSignal(config, prediction, alphaBar);
            SamplerStep step = Mean(alphaBar, previousAlphaBar, clip).WithPrediction(prediction, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
            steps[i] = timesteps[i] > 0 ? WithNoise(step, variance, alphaBar, previousAlphaBar) : step;
        }
        return new SamplerPlan("DDPM", SamplerConfig.ToSingle(timesteps), [], steps);
    }

    /// <summary>The posterior's mean: sqrt(ap) b / (1 - a) x0 + sqrt(a / ap) (1 - ap) / (1 - a) x, with b = 1 - a / ap (formula 7).</summary>
    private static SamplerStep Mean(double alphaBar, double previousAlphaBar, double clip)
    {
        double ratio = alphaBar / previousAlphaBar;
        return new SamplerStep
        {
            Clip = clip,
            StoresX0 = true,
            XFromX0 = Math.Sqrt(previousAlphaBar) * (1 - ratio) / (1 - alphaBar),
            XFromX = Math.Sqrt(ratio) * (1 - previousAlphaBar) / (1 - alphaBar),
        };
    }

    private static SamplerStep WithNoise(SamplerStep step, string variance, double alphaBar, double previousAlphaBar)
    {
        double beta = 1 - alphaBar / previousAlphaBar;
        double small = Math.Max((1 - previousAlphaBar) / (1 - alphaBar) * beta, SmallestVariance);
        return variance switch
        {
            "learned_range" => step with { DrawsNoise = true, LearnedVariance = true, MinLog = Math.Log(small), MaxLog = Math.Log(beta) },
            "fixed_large" => step with { DrawsNoise = true, NoiseScale = Math.Sqrt(beta) },
            _ => step with { DrawsNoise = true, NoiseScale = Math.Sqrt(small) },
        };
    }
}
