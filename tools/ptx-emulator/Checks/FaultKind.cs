namespace Ditto.Emulation.Checks;

/// <summary>What a kernel did wrong.</summary>
internal enum FaultKind
{
    /// <summary>Access outside of every allocation, or of the block's shared memory or the thread's local memory.</summary>
    OutOfBounds,

    /// <summary>An address that is no multiple of the access's size.</summary>
    Misaligned,

    /// <summary>A read of memory that nobody has written.</summary>
    Unwritten,

    /// <summary>A read of what an asynchronous copy brings before it was waited for.</summary>
    PendingCopy,

    /// <summary>Two threads of a block, one of them writing, with no barrier between.</summary>
    SharedRace,

    /// <summary>Two blocks of a launch, one of them writing, without atomics.</summary>
    GlobalRace,

    /// <summary>An aligned barrier that lanes of a warp reach at different places.</summary>
    DivergentBarrier,

    /// <summary>Every thread that is left waits, and nobody can come.</summary>
    Deadlock,

    /// <summary>A block that runs on and on, as one that spins for what nobody writes.</summary>
    NoProgress,

    /// <summary>A warp-level instruction that reads or names lanes which are not there.</summary>
    AbsentLane,

    /// <summary><c>trap</c>.</summary>
    Trap,

    /// <summary>A failed <c>assert</c>.</summary>
    Assertion,

    /// <summary>An mbarrier that nobody initialised, or that gets more arrivals or bytes than it can count.</summary>
    PhaseBarrier,

    /// <summary>A call or branch to what is no function or label.</summary>
    InvalidTarget,
}
