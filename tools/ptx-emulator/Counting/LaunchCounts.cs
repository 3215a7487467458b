using Ditto.Emulation.Instructions;

namespace Ditto.Emulation.Counting;

/// <summary>
/// What one launch did, by PTX instruction (the assembler may make more or fewer of them). It does not depend on the threads that ran it.
/// </summary>
public sealed record LaunchCounts
{
    /// <summary>Instructions of a warp, by <see cref="InstructionClass"/>.</summary>
    public required IReadOnlyList<long> WarpInstructions { get; init; }

    /// <summary>Instructions of lanes, by <see cref="InstructionClass"/>.</summary>
    public required IReadOnlyList<long> LaneInstructions { get; init; }

    /// <summary>Reads of device memory.</summary>
    public GlobalTraffic Reads { get; init; }

    /// <summary>Writes to device memory, atomics included.</summary>
    public GlobalTraffic Writes { get; init; }

    /// <summary>Requests of a warp to shared memory, atomics not counted.</summary>
    public long SharedRequests { get; init; }

    /// <summary>Passes over the banks that those take.</summary>
    public long SharedPasses { get; init; }

    /// <summary>Passes that they would take without conflicts.</summary>
    public long IdealPasses { get; init; }

    /// <summary>The most words of one bank that a pass asked for: 1 is free of conflicts, 2 a 2-way conflict; 0 without requests.</summary>
    public int WorstConflict { get; init; }

    /// <summary>Operations of f32 outside of tensor cores; a fused multiply-add is two.</summary>
    public long Float32Flops { get; init; }

    /// <summary>Operations of tensor cores, 2 M N K each product, by <see cref="TensorKind"/>.</summary>
    public required IReadOnlyList<long> TensorFlops { get; init; }

    /// <summary>Sectors that reach the second-level cache: those that a block touches for the first time, by <see cref="SectorTrace"/>.</summary>
    public long L2Sectors { get; init; }

    /// <summary>Bytes from DRAM, by <see cref="L2Model"/>.</summary>
    public long DramReadBytes { get; init; }

    /// <summary>Bytes to DRAM, by <see cref="L2Model"/>.</summary>
    public long DramWriteBytes { get; init; }

    /// <summary>Bytes from and to DRAM.</summary>
    public long DramBytes => DramReadBytes + DramWriteBytes;

    /// <summary>Requests to device memory.</summary>
    public GlobalTraffic Global => Reads + Writes;

    /// <summary>Passes over ideal ones, at least 1: the average way of a bank conflict; 1 without requests.</summary>
    public double AverageConflict => IdealPasses == 0 ? 1 : (double)SharedPasses / IdealPasses;

    /// <summary>Instructions of a warp of every class.</summary>
    public long AllWarpInstructions => WarpInstructions.Sum();

    /// <summary>Instructions of lanes of every class.</summary>
    public long AllLaneInstructions => LaneInstructions.Sum();

    /// <summary>Instructions of lanes of a class.</summary>
    public long Lanes(InstructionClass kind) => LaneInstructions[(int)kind];

    /// <summary>Instructions of a warp of a class.</summary>
    public long Warps(InstructionClass kind) => WarpInstructions[(int)kind];

    /// <summary>Operations of tensor cores on a kind.</summary>
    public long Tensor(TensorKind kind) => TensorFlops[(int)kind];
}
