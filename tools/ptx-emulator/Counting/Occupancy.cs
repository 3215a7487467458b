namespace Ditto.Emulation.Counting;

/// <summary>How many blocks of a kernel one multiprocessor holds, and what keeps it from holding more.</summary>
/// <param name="BlocksPerSm">Resident blocks; 0 where the kernel cannot be launched.</param>
/// <param name="Fraction">Resident warps over the most that fit, 0 to 1.</param>
/// <param name="LimitedBy">registers, shared memory, warps or blocks.</param>
public sealed record Occupancy(int BlocksPerSm, double Fraction, string LimitedBy)
{
    /// <summary>Works the occupancy out as NVIDIA's cuda_occupancy.h does, with the largest shared-memory carve-out.</summary>
    /// <param name="limits">The architecture.</param>
    /// <param name="blockThreads">Threads of a block, 1 to 1024.</param>
    /// <param name="registers">Registers of a thread, 0 to 255.</param>
    /// <param name="sharedBytes">Shared memory of a block, static and dynamic.</param>
    public static Occupancy Compute(SmLimits limits, int blockThreads, int registers, int sharedBytes)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockThreads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockThreads, SmLimits.MaxThreadsPerBlock);
        int warps = DivideUp(blockThreads, SmLimits.WarpSize);
        (int Blocks, string Name)[] bounds =
        [
            (limits.MaxWarps / warps, "warps"),
            (limits.MaxBlocks, "blocks"),
            (WarpsByRegisters(registers) / warps, "registers"),
            (BlocksByShared(limits, sharedBytes), "shared memory"),
        ];
        (int blocks, string limitedBy) = bounds.MinBy(bound => bound.Blocks);       // the first of equals: the machine's own limits
        return new Occupancy(blocks, blocks * warps / (double)limits.MaxWarps, limitedBy);
    }

    /// <summary>Warps that the registers of a multiprocessor are enough for; a block has no more, either.</summary>
    /// <param name="registers">Registers of a thread; 0 for none that are known.</param>
    public static int WarpsByRegisters(int registers)
    {
        if (registers == 0) return int.MaxValue;
        int perWarp = RoundUp(registers * SmLimits.WarpSize, SmLimits.RegisterGranularity);
        return SmLimits.Registers / SmLimits.Schedulers / perWarp * SmLimits.Schedulers;     // a warp lies in its scheduler's quarter
    }

    private static int BlocksByShared(SmLimits limits, int sharedBytes)
    {
        if (sharedBytes > limits.MaxSharedBytesPerBlock) return 0;
        int perBlock = RoundUp(sharedBytes + limits.ReservedSharedBytes, limits.SharedGranularity);
        return perBlock == 0 ? int.MaxValue : limits.SharedBytes / perBlock;
    }

    private static int DivideUp(int value, int unit) => (value + unit - 1) / unit;

    private static int RoundUp(int value, int unit) => DivideUp(value, unit) * unit;
}
