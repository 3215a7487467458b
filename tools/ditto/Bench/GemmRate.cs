namespace Ditto.CommandLine;

/// <summary>How fast a plain product ran.</summary>
/// <param name="Library">Who computed it.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Gflops">GFLOP/s at the median time.</param>
/// <param name="BestGflops">GFLOP/s of the fastest run.</param>
internal readonly record struct GemmRate(string Library, GemmShape Shape, double Gflops, double BestGflops)
{
    /// <summary>For example 352.1 GFLOP/s, f32 2048x2048x2048 by onednn.</summary>
    public override string ToString() => Readable.Invariant($"{Gflops:0.0} GFLOP/s, f32 {Shape} by {Library}");
}
