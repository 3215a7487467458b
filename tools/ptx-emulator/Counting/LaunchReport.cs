using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Counting;

/// <summary>A launch on an emulated GPU, and what it counted.</summary>
/// <param name="Kernel">The kernel's name in its module.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="Target">The GPU that it is counted for.</param>
/// <param name="Registers">Of a thread, by ptxas; 0 where the module does not say.</param>
/// <param name="SharedBytes">Of a block, static and dynamic.</param>
/// <param name="Counts">What it did.</param>
public sealed record LaunchReport(
    string Kernel, Dim3 Grid, Dim3 Block, DataSheet Target, int Registers, int SharedBytes, LaunchCounts Counts)
{
    /// <summary>What a multiprocessor can hold of the kernel.</summary>
    public Occupancy Occupancy => Occupancy.Compute(Target.Limits, (int)Block.Count, Registers, SharedBytes);

    /// <summary>Blocks that the GPU holds at a time, at least one a multiprocessor.</summary>
    public long BlocksPerWave => (long)Math.Max(Occupancy.BlocksPerSm, 1) * Target.Multiprocessors;

    /// <summary>How often the GPU is filled with blocks.</summary>
    public long Waves => (Grid.Count + BlocksPerWave - 1) / BlocksPerWave;

    /// <summary>
    /// Resident warps over the most that fit, 0 to 1, on average over multiprocessors and waves: blocks are taken to last equally long, so this is
    /// below <see cref="Occupancy"/> where the grid does not fill its last wave.
    /// </summary>
    public double AchievedOccupancy
    {
        get
        {
            long warps = (Block.Count + SmLimits.WarpSize - 1) / SmLimits.WarpSize;
            return Math.Min(Occupancy.Fraction, Grid.Count * warps / ((double)Waves * Target.Multiprocessors * Target.Limits.MaxWarps));
        }
    }
}
