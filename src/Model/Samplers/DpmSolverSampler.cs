using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>
/// DPM-Solver (Lu et al. 2022, arXiv:2206.00927) and DPM-Solver++ (arXiv:2211.01095), multistep, orders 1 to 3, and their SDE forms of
/// orders 1 and 2, as diffusers' DPMSolverMultistepScheduler.
/// </summary>
internal static class DpmSolverSampler
{
    private const int FewSteps = 15;                                 // below this, lower_order_final takes effect

    /// <summary>Works out every step.</summary>
    /// <param name="config">The scheduler's config.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <param name="options">Mu is used.</param>
    /// <exception cref="ModelConfigException">A field or the number of steps is not usable.</exception>
    public static ISampler Create(ConfigSection config, int stepCount, SamplerOptions options)
    {
        SamplerConfig.RefuseThresholding(config);
        DpmSolverKind kind = Kind(config);
        DpmSolverSchedule schedule = DpmSolverSchedule.Create(config, stepCount, options);
        PredictionType prediction = kind.IsData
            ? SamplerConfig.Prediction(config, "epsilon", "sample", "v_prediction", "flow_prediction")
            : SamplerConfig.Prediction(config, "epsilon", "sample", "v_prediction");
        if (schedule.IsFlow && prediction != PredictionType.Flow)
            throw config.Wrong("prediction_type", "flow_prediction (use_flow_sigmas is true)");
        if (!schedule.IsFlow && prediction == PredictionType.Flow)
            throw config.Wrong("prediction_type", "epsilon, sample, v_prediction (use_flow_sigmas is false)");
        int maxOrder = config.Integer("solver_order", 2, 1, kind.IsSde ? 2 : 3);
        int count = schedule.Timesteps.Length;
        SamplerStep[] steps = new SamplerStep[count];
        for (int i = 0; i < count; i++)
        {
            DpmSolverPoint[] points = [.. Enumerable.Range(0, Math.Min(i + 1, 3)).Select(back => DpmSolverPoint.At(schedule, i - back))];
            int order = Math.Min(Math.Min(maxOrder, i + 1), LargestOrder(config, i, count));
            SamplerStep step = DpmSolverUpdate.Step(kind, order, DpmSolverPoint.At(schedule, i + 1), points);
            steps[i] = step.WithPrediction(prediction, points[0].Alpha, points[0].Sigma);
        }
        return new SamplerPlan(Name(kind, maxOrder), schedule.Timesteps, schedule.Sigmas, steps);
    }

    private static DpmSolverKind Kind(ConfigSection config)
    {
        string algorithm = config.Choice("algorithm_type", "dpmsolver++", "dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++", "deis");
        string solver = config.Choice("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2");     // the last three mean midpoint
        bool isData = algorithm is "dpmsolver++" or "sde-dpmsolver++" or "deis";                  // diffusers takes deis for dpmsolver++
        DpmSolverKind kind = new(isData, IsSde: algorithm.StartsWith("sde", StringComparison.Ordinal), IsHeun: solver == "heun");
        if (!kind.IsData && config.Choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero")
            throw config.Refuse("final_sigmas_type", "zero", $"sigma_min (algorithm_type is {algorithm})");
        return kind;
    }

    /// <summary>The last steps go back to lower orders where few steps are taken or the last sigma is zero.</summary>
    private static int LargestOrder(ConfigSection config, int index, int count)
    {
        bool isLowered = config.Flag("lower_order_final", true) && count < FewSteps;
        if (index == count - 1)
        {
            bool isZero = config.Choice("final_sigmas_type", "zero", "zero", "sigma_min") == "zero";
            return isLowered || isZero || config.Flag("euler_at_final", false) ? 1 : 3;
        }
        return index == count - 2 && isLowered ? 2 : 3;
    }

    private static string Name(DpmSolverKind kind, int order) =>
        $"DPM-Solver{(kind.IsData ? "++" : "")} {order}M{(kind.IsSde ? " SDE" : "")}{(kind.IsHeun && order > 1 ? " (heun)" : "")}";
}
