namespace Ditto.Emulation.Memory;

/// <summary>How generic addresses tell memories apart: global addresses are themselves, the others lie in windows that no host address
/// reaches.</summary>
internal static class AddressWindows
{
    /// <summary>Generic address of shared offset 0.</summary>
    public const ulong Shared = 1ul << 56;

    /// <summary>Generic address of local offset 0.</summary>
    public const ulong Local = 2ul << 56;

    /// <summary>Generic address of a kernel's parameter offset 0.</summary>
    public const ulong Parameter = 3ul << 56;

    /// <summary>Functions: an index into the module's functions.</summary>
    public const ulong Function = 4ul << 56;

    /// <summary>The window's number of a generic address, 0 for global.</summary>
    public static int Of(ulong address) => (int)(address >> 56);

    /// <summary>The offset inside a window.</summary>
    public static ulong Offset(ulong address) => address & ((1ul << 56) - 1);
}
