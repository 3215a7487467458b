using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>Which of the training timesteps are visited (Lin et al. 2023, arXiv:2305.08891, table 2). Falling.</summary>
internal static class TimestepSpacing
{
    private static readonly string[] Names = ["linspace", "leading", "trailing"];

    /// <summary>The timesteps of DDPM and DDIM.</summary>
    /// <param name="config">The scheduler's config: timestep_spacing ("leading" if absent) and steps_offset.</param>
    /// <param name="trainStepCount">Number of training timesteps.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <exception cref="ModelConfigException">A timestep lies outside of the training range.</exception>
    public static int[] OfOneStepSolvers(ConfigSection config, int trainStepCount, int stepCount)
    {
        string spacing = config.Choice("timestep_spacing", "leading", Names);
        IEnumerable<double> timesteps = spacing switch
        {
            "linspace" => Numeric.Linspace(0, trainStepCount - 1, stepCount).Reverse(),
            "leading" => Leading(config, trainStepCount / stepCount, stepCount),
            _ => Trailing(trainStepCount, trainStepCount, stepCount),
        };
        return Round(config, timesteps, trainStepCount);
    }

    /// <summary>The timesteps of multistep solvers, which take one point more and drop the last for linspace and leading.</summary>
    /// <param name="config">The scheduler's config: timestep_spacing ("linspace" if absent) and steps_offset.</param>
    /// <param name="trainStepCount">Number of training timesteps.</param>
    /// <param name="lastTimestep">One more than the largest timestep to visit.</param>
    /// <param name="stepCount">Number of steps.</param>
    /// <exception cref="ModelConfigException">A timestep lies outside of the training range.</exception>
    public static int[] OfMultistepSolvers(ConfigSection config, int trainStepCount, int lastTimestep, int stepCount)
    {
        string spacing = config.Choice("timestep_spacing", "linspace", Names);
        IEnumerable<double> timesteps = spacing switch
        {
            "linspace" => Numeric.Linspace(0, lastTimestep - 1, stepCount + 1).Reverse().SkipLast(1),
            "leading" => Leading(config, lastTimestep / (stepCount + 1), stepCount + 1).SkipLast(1),
            _ => Trailing(trainStepCount, lastTimestep, stepCount),
        };
        return Round(config, timesteps, trainStepCount);
    }

    private static IEnumerable<double> Leading(ConfigSection config, int ratio, int count)
    {
        int offset = config.Integer("steps_offset", 0, 0, 100_000);
        return Enumerable.Range(0, count).Reverse().Select(i => (double)(i * ratio + offset));
    }

    private static IEnumerable<double> Trailing(int trainStepCount, int lastTimestep, int stepCount) =>
        Numeric.ArangeDown(lastTimestep, -((double)trainStepCount / stepCount)).Select(t => Math.Round(t, MidpointRounding.ToEven) - 1);

    /// <summary>
    /// Rounds half to even. For some step counts (61 of 1000) trailing's rounding yields one point more, at timestep -1; diffusers runs it with
    /// the last training timestep's noise level; here it is left out.
    /// </summary>
    private static int[] Round(ConfigSection config, IEnumerable<double> timesteps, int trainStepCount)
    {
        int[] rounded = [.. timesteps.Select(t => (int)Math.Round(t, MidpointRounding.ToEven)).Where(t => t >= 0)];
        return rounded.Length > 0 && rounded.All(t => t < trainStepCount)
            ? rounded
            : throw config.Wrong("steps_offset", $"offsets that keep every timestep below {trainStepCount}");
    }
}
