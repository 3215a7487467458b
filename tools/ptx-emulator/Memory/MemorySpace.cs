namespace Ditto.Emulation.Memory;

/// <summary>Which memory an instruction names.</summary>
internal enum MemorySpace
{
    /// <summary>None: the address says which.</summary>
    Generic,

    /// <summary>Device memory; constant variables live there too.</summary>
    Global,

    /// <summary>Shared memory of the block.</summary>
    Shared,

    /// <summary>Local memory of the thread.</summary>
    Local,

    /// <summary>The kernel's arguments.</summary>
    Parameter,
}
