namespace Ditto.CommandLine;

/// <summary>How fast a plain product ran.</summary>
/// <param name="Shape">Its sizes.</param>
/// <param name="Gflops">GFLOP/s at the median time.</param>
/// <param name="BestGflops">GFLOP/s of the fastest run.</param>
internal readonly record struct GemmRate(GemmShape Shape, double Gflops, double BestGflops);
