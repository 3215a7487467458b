namespace Ditto.Emulation.Memory;

/// <summary>What an access does.</summary>
[Flags]
internal enum AccessKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It reads.</summary>
    Read = 1,

    /// <summary>It writes.</summary>
    Write = 2,

    /// <summary>It is atomic, or ordered otherwise: no race with its like.</summary>
    Atomic = 4,

    /// <summary>It is atomic, and what others did before the write that it reads lies before what comes after it.</summary>
    Acquire = Atomic | 8,

    /// <summary>It is atomic, and what its thread did before lies before what comes after a read of it.</summary>
    Release = Atomic | 16,
}
