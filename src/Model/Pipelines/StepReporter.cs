using System.Diagnostics;

namespace Ditto.Pipelines;

/// <summary>Counts the steps of a run over all its chunks and tells the caller's progress.</summary>
internal sealed class StepReporter(IProgress<StepUpdate>? progress, int stepCount)
{
    private readonly long start = Stopwatch.GetTimestamp();
    private int done;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(start);

    public void StepDone(float timestep) => progress?.Report(new StepUpdate(++done, stepCount, timestep, Elapsed));
}
