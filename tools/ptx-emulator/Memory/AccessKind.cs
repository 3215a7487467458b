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
}
