namespace Ditto.CommandLine;

/// <summary>Samples of a plain product: what the machine can do at best.</summary>
internal sealed class GemmBenchmark : IDisposable
{
    private const double MinSeconds = 0.02;

    private readonly IPlainGemm product;
    private readonly Samples samples = new();
    private readonly int runs;

    /// <summary>Runs the product twice: for plans and packed weights, and to see how long it takes.</summary>
    /// <param name="product">What is measured; disposed with this.</param>
    public GemmBenchmark(IPlainGemm product)
    {
        this.product = product;
        try
        {
            product.Time(runs: 1);
            runs = (int)Math.Clamp(Math.Ceiling(MinSeconds / Math.Max(product.Time(runs: 1), 1e-6)), 1, 10_000);
        }
        catch
        {
            product.Dispose();
            throw;
        }
    }

    /// <summary>Of the samples so far.</summary>
    public GemmRate Rate => new(product.Library, product.Shape, Gflops(samples.Median), Gflops(samples.Min));

    /// <summary>Adds a sample.</summary>
    public void Measure() => samples.Add(product.Time(runs));

    public void Dispose() => product.Dispose();

    private double Gflops(double seconds) => product.Shape.Flops / seconds * 1e-9;
}
