using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Counting;

/// <summary>Counts launches for one target, and tells about each once it has ended well.</summary>
/// <param name="target">The GPU whose cache and multiprocessors are taken.</param>
/// <param name="told">Told on the thread that launched.</param>
internal sealed class LaunchCounter(DataSheet target, Action<LaunchReport> told)
{
    private readonly L2Model cache = new((long)target.L2MiB << 20);
    private readonly Lock gate = new();
    private readonly List<WorkerCounts> workers = [];

    /// <summary>A launch begins.</summary>
    public void Begin(KernelLaunch launch)
    {
        workers.Clear();
        cache.Begin(launch.Grid.Count, Report(launch, WorkerCounts.Sum([], cache)).BlocksPerWave);
    }

    /// <summary>Where one more worker of the launch counts.</summary>
    public WorkerCounts CreateWorker()
    {
        WorkerCounts counts = new(cache);
        lock (gate) workers.Add(counts);
        return counts;
    }

    /// <summary>The launch has ended, and its workers, too.</summary>
    public void End(KernelLaunch launch)
    {
        cache.End();
        told(Report(launch, WorkerCounts.Sum(workers, cache)));
    }

    private LaunchReport Report(KernelLaunch launch, LaunchCounts counts)
    {
        EmulatedFunction function = launch.Function;
        int shared = function.StaticSharedBytes + launch.DynamicSharedBytes;
        return new LaunchReport(function.Name, launch.Grid, launch.Block, target, function.Registers, shared, counts);
    }
}
