namespace Ditto.CommandLine;

/// <summary>A product's sizes: x is (M, K), W is (N, K), y is (M, N).</summary>
internal readonly record struct GemmShape(long M, long N, long K)
{
    public double Flops => 2.0 * M * N * K;

    public override string ToString() => Readable.Invariant($"{M}x{N}x{K}");
}
