namespace Ditto.Pipelines;

/// <summary>A denoising step has been finished.</summary>
/// <param name="Step">Steps done, 1 to StepCount.</param>
/// <param name="StepCount">Steps of the run.</param>
/// <param name="Timestep">The step's noise level on the training scale, 0 to 1000.</param>
/// <param name="Elapsed">Time since the run began.</param>
public readonly record struct StepUpdate(int Step, int StepCount, float Timestep, TimeSpan Elapsed)
{
    /// <summary>Mean rate so far, steps per second.</summary>
    public double StepsPerSecond => Elapsed > TimeSpan.Zero ? Step / Elapsed.TotalSeconds : 0;
}
