using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>DDIM (Song et al. 2020, arXiv:2010.02502), as diffusers' DDIMScheduler.</summary>
internal static class DdimSampler
{
    /// <summary>Works out every step.</summary>
    /// <param name="config">The scheduler's config.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <param name="options">Eta and UseClippedModelOutput are used.</param>
    /// <exception cref="ModelConfigException">A field or the number of steps is not usable.</exception>
    public static ISampler Create(ConfigSection config, int stepCount, SamplerOptions options)
    {
        NoiseSchedule schedule = NoiseSchedule.FromConfig(config);
        SamplerConfig.CheckStepCount(config, stepCount, schedule.TrainStepCount);
        SamplerConfig.RefuseThresholding(config);
        if (!(options.Eta is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.Eta, "eta must be within 0..1");
        PredictionType prediction = SamplerConfig.Prediction(config, "epsilon", "sample", "v_prediction");
        double clip = SamplerConfig.Clip(config);
        double finalAlphaBar = config.Flag("set_alpha_to_one", true) ? 1 : schedule.AlphaBars[0];
        int[] timesteps = TimestepSpacing.OfOneStepSolvers(config, schedule.TrainStepCount, stepCount);
        SamplerStep[] steps = new SamplerStep[timesteps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            int previous = timesteps[i] - schedule.TrainStepCount / stepCount;          // not the next entry: diffusers counts in equal strides
            double alphaBar = schedule.AlphaBars[timesteps[i]];
            double previousAlphaBar = previous >= 0 ? schedule.AlphaBars[previous] : finalAlphaBar;
            SamplerConfig.CheckSignal(config, prediction, alphaBar);
            steps[i] = Step(prediction, alphaBar, previousAlphaBar, clip, options);
        }
        string name = options.Eta > 0 ? FormattableString.Invariant($"DDIM (eta {options.Eta})") : "DDIM";
        return new SamplerPlan(name, SamplerConfig.ToSingle(timesteps), [], steps);
    }

    /// <summary>x = sqrt(ap) x0 + sqrt(1 - ap - s^2) eps + s z, s = eta sqrt((1 - ap) / (1 - a) (1 - a / ap)).</summary>
    private static SamplerStep Step(PredictionType prediction, double alphaBar, double previousAlphaBar, double clip, SamplerOptions options)
    {
        double alpha = Math.Sqrt(alphaBar), sigma = Math.Sqrt(1 - alphaBar);
        double variance = Math.Max(0, (1 - previousAlphaBar) / (1 - alphaBar) * (1 - alphaBar / previousAlphaBar));
        double deviation = options.Eta * Math.Sqrt(variance);
        SamplerStep step = new SamplerStep
        {
            Clip = clip,
            StoresX0 = true,
            XFromX0 = Math.Sqrt(previousAlphaBar),
            XFromEps = Math.Sqrt(Math.Max(0, 1 - previousAlphaBar - deviation * deviation)),
            DrawsNoise = options.Eta > 0,
            NoiseScale = deviation,
        }.WithPrediction(prediction, alpha, sigma);
        return options.UseClippedModelOutput ? step with { EpsFromX = 1 / sigma, EpsFromModel = 0, EpsFromX0 = -alpha / sigma } : step;
    }
}
