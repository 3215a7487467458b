using Ditto.Emulation.Checks;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Execution;

/// <summary>Runs launches on one device's memory, one after the other, their blocks spread over threads.</summary>
internal sealed class GridLauncher : ILauncher, IDisposable
{
    private readonly GlobalMemory memory;
    private readonly Lock launching = new();
    private readonly GlobalRaces races;

    /// <summary>A launcher of one device.</summary>
    /// <param name="memory">The device's memory.</param>
    /// <param name="checks">Which rules are checked.</param>
    public GridLauncher(GlobalMemory memory, CheckOptions checks)
    {
        this.memory = memory;
        Checks = checks;
        races = new GlobalRaces(memory);
    }

    /// <summary>Which rules are checked.</summary>
    public CheckOptions Checks { get; set; }

    /// <summary>Threads that run blocks.</summary>
    public int Workers { get; set; } = Environment.ProcessorCount;

    /// <summary>Counts what launches do; null where nobody asks, which is faster.</summary>
    public LaunchCounter? Counter { get; set; }

    /// <inheritdoc/>
    public void Launch(KernelLaunch launch)
    {
        lock (launching)
        {
            races.Begin(launch.Grid.Count);
            int workers = (int)Math.Min(Workers, launch.Grid.Count);
            LaunchCounter? counter = Counter;
            counter?.Begin(launch);
            memory.Writers?.Begin(launch);
            BlockQueue queue = new(launch.Grid.Count);
            void Work()
            {
                using BlockWorker worker = new(launch, memory, Checks, Checks.GlobalRaces ? races : null, queue, counter?.CreateWorker());
                worker.Run();
            }
            if (workers == 1) Work();
            else Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ => Work());
            if (queue.Fault is EmulationException fault) throw fault;
            counter?.End(launch);
        }
    }

    /// <summary>Forgets what is known about who touched memory that is now allocated anew.</summary>
    public void Forget(ulong start, ulong bytes) => races.Forget(start, bytes);

    /// <inheritdoc/>
    public void Dispose() => races.Dispose();
}
