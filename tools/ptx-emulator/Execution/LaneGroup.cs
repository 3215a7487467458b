using Ditto.Emulation.Instructions;

namespace Ditto.Emulation.Execution;

/// <summary>Lanes of a warp that are at the same instruction of the same activation.</summary>
internal sealed class LaneGroup
{
    /// <summary>The activation.</summary>
    public Frame Frame { get; set; } = null!;

    /// <summary>The next instruction.</summary>
    public int Index { get; set; }

    /// <summary>The lanes.</summary>
    public uint Lanes { get; set; }

    /// <summary>Whether it can run, or what it waits for.</summary>
    public GroupState State { get; set; }

    /// <summary>Whether it has let others go first since they had their turn.</summary>
    public bool HasYielded { get; set; }

    /// <summary>The test of a phase that failed last and made it yield; null once it has passed.</summary>
    public Instruction? Polled { get; set; }

    /// <summary>When it last ran, so that a spinning group cannot starve others.</summary>
    public long LastRun { get; set; }

    /// <summary>Where it waits: which barrier, or the member mask of a warp-level instruction.</summary>
    public uint Awaited { get; set; }
}
