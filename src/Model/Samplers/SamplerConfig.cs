using System.Globalization;
using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>The fields that several schedulers share.</summary>
internal static class SamplerConfig
{
    /// <summary>Takes the step counts that the training table has room for.</summary>
    /// <exception cref="ModelConfigException">There are no steps, or more than training timesteps.</exception>
    public static void CheckStepCount(ConfigSection config, int stepCount, int trainStepCount)
    {
        if (stepCount < 1 || stepCount > trainStepCount)
        {
            string found = stepCount.ToString(CultureInfo.InvariantCulture);
            throw config.Refuse("num_inference_steps", found, $"1..{trainStepCount} (num_train_timesteps)");
        }
    }

    /// <summary>prediction_type; "epsilon" where it is absent.</summary>
    public static PredictionType Prediction(ConfigSection config, params ReadOnlySpan<string> allowed) =>
        config.Choice("prediction_type", "epsilon", allowed) switch
        {
            "epsilon" => PredictionType.Epsilon,
            "sample" => PredictionType.Sample,
            "v_prediction" => PredictionType.Velocity,
            _ => PredictionType.Flow,
        };

    /// <summary>clip_sample and clip_sample_range: the magnitude that x0 is clamped to, 0 = none. On where the config does not say.</summary>
    public static double Clip(ConfigSection config) => config.Flag("clip_sample", true) ? config.Real("clip_sample_range", 1, 1e-6, 1e6) : 0;

    /// <summary>Takes configs without dynamic thresholding.</summary>
    /// <exception cref="ModelConfigException">Dynamic thresholding is on: a quantile of x0 is no linear update.</exception>
    public static void RefuseThresholding(ConfigSection config)
    {
        if (config.Flag("thresholding", false))
            throw config.Refuse("thresholding", "true", "false (dynamic thresholding is not supported)");
    }

    /// <summary>Takes noise levels at which the prediction says what x0 is.</summary>
    /// <exception cref="ModelConfigException">x holds no signal, so x0 cannot be had from a noise prediction.</exception>
    public static void CheckSignal(ConfigSection config, PredictionType prediction, double alphaBar)
    {
        if (prediction == PredictionType.Epsilon && alphaBar <= 0)
            throw config.Refuse("prediction_type", "epsilon", "v_prediction, sample (rescale_betas_zero_snr leaves no signal at the first step)");
    }

    /// <summary>Timesteps as the network gets them.</summary>
    public static float[] ToSingle(int[] timesteps) => [.. timesteps.Select(t => (float)t)];
}
