using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.CommandLine;

/// <summary>What <see cref="ModelBenchmark"/> found.</summary>
internal sealed record ModelMeasurement
{
    public required DiTConfig Config { get; init; }

    public required DType DType { get; init; }

    public required WeightStorage Weights { get; init; }

    /// <summary>Rows of a forward pass.</summary>
    public required int Batch { get; init; }

    public required long WeightBytes { get; init; }

    public required long PoolBytes { get; init; }

    /// <summary>The process's peak after the first passes; null where the system does not say.</summary>
    public required long? PeakResidentBytes { get; init; }

    /// <summary>Of the first load.</summary>
    public required double LoadSeconds { get; init; }

    /// <summary>Further loads in turn with reading the files; null where there are none.</summary>
    public LoadBenchmark? Loading { get; init; }

    /// <summary>Seconds of the first pass, which makes plans and packs weights.</summary>
    public required double FirstSeconds { get; init; }

    /// <summary>Untraced forward passes, from queueing until all is done.</summary>
    public required Samples Passes { get; init; }

    /// <summary>Host time to queue a pass.</summary>
    public required Samples Queueing { get; init; }

    /// <summary>The fastest plain f32 products of each library, measured in turn with the passes, best first.</summary>
    public required IReadOnlyList<GemmRate> Products { get; init; }

    public required CopyBenchmark Copy { get; init; }

    /// <summary>The operations of a traced pass, slowest first.</summary>
    public required IReadOnlyList<OperationGroup> Operations { get; init; }

    public required int TracedPasses { get; init; }

    public required bool OutputIsFinite { get; init; }

    /// <summary>Floating-point operations of the pass as it runs: products and attention.</summary>
    public long Flops => Operations.Sum(group => group.Flops);

    public double Gflops => Flops / Passes.Median * 1e-9;

    /// <summary>Median of the passes over the fastest product's median.</summary>
    public double FractionOfBestGemm => Gflops / Products[0].Gflops;

    /// <summary>Fastest pass over the fastest run of any product.</summary>
    public double FractionAtBest => Flops / Passes.Min * 1e-9 / Products.Max(product => product.BestGflops);

    /// <summary>Device time of a traced pass: the sum over its operations.</summary>
    public double TracedSeconds => Operations.Sum(group => group.Seconds);

    /// <summary>The part of that time that products and attention take.</summary>
    public double ComputeShare => Operations.Where(group => group.IsCompute).Sum(group => group.Seconds) / TracedSeconds;

    public double QueueFraction => Queueing.Median / Passes.Median;

    public long PlannedBytes => WeightBytes + PoolBytes;

    public double? ResidentRatio => PeakResidentBytes / (double)PlannedBytes;

    public int Tokens => Config.SampleSize / Config.PatchSize * (Config.SampleSize / Config.PatchSize);
}
