namespace Ditto.Emulation.Memory;

/// <summary>What is known about a byte of memory; one such value shadows each byte.</summary>
internal static class ByteState
{
    /// <summary>Outside of every allocation.</summary>
    public const byte Unallocated = 0;

    /// <summary>Allocated and never written.</summary>
    public const byte Unwritten = 1;

    /// <summary>The destination of an asynchronous copy that nobody has waited for.</summary>
    public const byte Pending = 2;

    /// <summary>Written.</summary>
    public const byte Written = 3;
}
