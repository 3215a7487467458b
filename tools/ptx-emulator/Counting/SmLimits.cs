namespace Ditto.Emulation.Counting;

/// <summary>What one multiprocessor holds. Source: NVIDIA, CUDA C++ Programming Guide, technical specifications per compute capability.</summary>
/// <param name="Architecture">For example <c>sm_90</c>.</param>
/// <param name="MaxWarps">Resident warps.</param>
/// <param name="MaxBlocks">Resident blocks.</param>
/// <param name="SharedBytes">Shared memory.</param>
/// <param name="MaxSharedBytesPerBlock">The most that one block can ask for, the system's part not counted.</param>
/// <param name="ReservedSharedBytes">The system's own part of each block's shared memory.</param>
/// <param name="SharedGranularity">Shared memory is given out in units of this many bytes.</param>
public sealed record SmLimits(
    string Architecture, int MaxWarps, int MaxBlocks, int SharedBytes, int MaxSharedBytesPerBlock, int ReservedSharedBytes, int SharedGranularity)
{
    /// <summary>32-bit registers, on every architecture listed here.</summary>
    public const int Registers = 65536;

    /// <summary>Registers are given to warps in units of this many.</summary>
    public const int RegisterGranularity = 256;

    /// <summary>Each scheduler has its own quarter of the registers.</summary>
    public const int Schedulers = 4;

    /// <summary>Threads of a warp.</summary>
    public const int WarpSize = 32;

    /// <summary>The largest block.</summary>
    public const int MaxThreadsPerBlock = 1024;

    /// <summary>Shared memory that a block has without opting in, in bytes.</summary>
    public const int DefaultSharedBytesPerBlock = 48 * Kibi;

    private const int Kibi = 1024;

    /// <summary>The architectures that are known here, oldest first.</summary>
    public static IReadOnlyList<SmLimits> All { get; } =
    [
        new("sm_75", 32, 16, 64 * Kibi, 64 * Kibi, 0, 256),
        new("sm_80", 64, 32, 164 * Kibi, 163 * Kibi, Kibi, 128),
        new("sm_86", 48, 16, 100 * Kibi, 99 * Kibi, Kibi, 128),
        new("sm_87", 48, 16, 164 * Kibi, 163 * Kibi, Kibi, 128),
        new("sm_89", 48, 24, 100 * Kibi, 99 * Kibi, Kibi, 128),
        new("sm_90", 64, 32, 228 * Kibi, 227 * Kibi, Kibi, 128),
        new("sm_100", 64, 32, 228 * Kibi, 227 * Kibi, Kibi, 128),
        new("sm_103", 64, 32, 228 * Kibi, 227 * Kibi, Kibi, 128),
        new("sm_120", 48, 24, 100 * Kibi, 99 * Kibi, Kibi, 128),
        new("sm_121", 48, 24, 100 * Kibi, 99 * Kibi, Kibi, 128),
    ];

    /// <summary>The limits of an architecture, for example <c>sm_90</c>; null where it is not known here.</summary>
    public static SmLimits? Find(string architecture) => All.FirstOrDefault(limits => limits.Architecture == architecture);
}
