using Ditto.Emulation.Checks;

namespace Ditto.Emulation.Execution;

/// <summary>
/// The blocks of a launch that no worker has taken, and the fault of the lowest block that has one: blocks above it are not run to their end,
/// those below it are, so that a launch reports the same fault on any number of threads.
/// </summary>
/// <param name="blocks">Of the launch.</param>
internal sealed class BlockQueue(long blocks)
{
    private readonly Lock reporting = new();
    private long next, lowest = long.MaxValue;

    /// <summary>The fault; null where there is none.</summary>
    public EmulationException? Fault { get; private set; }

    /// <summary>Whether a block has broken a rule.</summary>
    public bool HasFault => Volatile.Read(ref lowest) != long.MaxValue;

    /// <summary>Takes the next block.</summary>
    /// <param name="index">Its number.</param>
    /// <returns>False where none is left to run.</returns>
    public bool TryTake(out long index)
    {
        index = Interlocked.Increment(ref next) - 1;
        return index < blocks && IsWanted(index);
    }

    /// <summary>Whether what a block does can still change the launch's outcome.</summary>
    public bool IsWanted(long index) => index < Volatile.Read(ref lowest);

    /// <summary>A block has broken a rule.</summary>
    public void Report(long index, EmulationException fault)
    {
        lock (reporting)
        {
            if (index >= lowest) return;
            Fault = fault;
            Volatile.Write(ref lowest, index);
        }
    }
}
