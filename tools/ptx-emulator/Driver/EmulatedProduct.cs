using static System.FormattableString;

namespace Ditto.Emulation.Driver;

/// <summary>What is known of a GPU: one product for each architecture. Source: NVIDIA's data sheets and the CUDA programming guide's
/// tables.</summary>
/// <param name="ComputeCapability">Ten times the major plus the minor one, for example 90.</param>
/// <param name="Name">The product's name.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="ClockMHz">Boost clock.</param>
/// <param name="L2MiB">Size of the second-level cache.</param>
/// <param name="ThreadsPerMultiprocessor">Threads that a multiprocessor holds at a time.</param>
/// <param name="BlocksPerMultiprocessor">Blocks that a multiprocessor holds at a time.</param>
/// <param name="SharedKiBPerMultiprocessor">Shared memory of a multiprocessor.</param>
/// <param name="SharedKiBPerBlock">The most shared memory that a block can opt in to.</param>
internal sealed record EmulatedProduct(
    int ComputeCapability, string Name, int Multiprocessors, int ClockMHz, int L2MiB, int ThreadsPerMultiprocessor, int BlocksPerMultiprocessor,
    int SharedKiBPerMultiprocessor, int SharedKiBPerBlock)
{
    /// <summary>Threads of a warp.</summary>
    public const int WarpSize = 32;

    /// <summary>The most threads of a block.</summary>
    public const int MaxThreadsPerBlock = 1024;

    /// <summary>Registers of a multiprocessor, and of a block at most.</summary>
    public const int Registers = 65536;

    /// <summary>Shared memory that a block has without opting in, in bytes.</summary>
    public const int SharedBytesPerBlock = 48 * 1024;

    /// <summary>Shared memory that the system takes of each block, in bytes.</summary>
    public const int ReservedSharedBytes = 1024;

    /// <summary>The products, in the order of their device numbers.</summary>
    public static IReadOnlyList<EmulatedProduct> All { get; } =
    [
        new(80, "A100 SXM 80 GB", 108, 1410, 40, 2048, 32, 164, 163),
        new(86, "RTX 3090", 82, 1695, 6, 1536, 16, 100, 99),
        new(89, "L40S", 142, 2520, 96, 1536, 24, 100, 99),
        new(90, "H100 SXM", 132, 1980, 50, 2048, 32, 228, 227),
        new(100, "B200", 148, 1965, 126, 2048, 32, 228, 227),
        new(120, "RTX 5090", 170, 2407, 96, 1536, 24, 100, 99),
    ];

    /// <summary>For example <c>sm_90</c>.</summary>
    public string Architecture => Invariant($"sm_{ComputeCapability}");

    /// <summary>The most shared memory of a block in bytes.</summary>
    public int MaxSharedBytesPerBlock => SharedKiBPerBlock * 1024;

    /// <summary>For example <c>H100 SXM (emulated)</c>.</summary>
    public string Description => $"{Name} (emulated)";
}
