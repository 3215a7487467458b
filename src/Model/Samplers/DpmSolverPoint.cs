namespace Ditto.Samplers;

/// <summary>One point of a schedule: x = Alpha x0 + Sigma eps.</summary>
/// <param name="Alpha">Share of the clean sample.</param>
/// <param name="Sigma">Share of the noise.</param>
internal readonly record struct DpmSolverPoint(double Alpha, double Sigma)
{
    /// <summary>Half the logarithm of the signal-to-noise ratio; infinite where there is no noise.</summary>
    public double Lambda => Math.Log(Alpha) - Math.Log(Sigma);

    /// <summary>The point of a schedule's sigma.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="index">0 to the number of steps.</param>
    public static DpmSolverPoint At(DpmSolverSchedule schedule, int index)
    {
        double sigma = schedule.Sigmas[index];
        if (schedule.IsFlow)
            return new DpmSolverPoint(1 - sigma, sigma);
        double alpha = 1 / Math.Sqrt(sigma * sigma + 1);
        return new DpmSolverPoint(alpha, sigma * alpha);
    }
}
