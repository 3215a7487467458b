using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>A plain product y = x W^T in f32, constant weights, nothing fused: what the machine can do at best.</summary>
internal sealed class GemmBenchmark : IDisposable
{
    private const double MinSeconds = 0.02;

    private readonly BenchStream stream;
    private readonly DeviceMemory memory;
    private readonly Tensor x, weight, y;
    private readonly int runs;
    private readonly GemmShape shape;
    private readonly Samples samples = new();

    /// <summary>Allocates and fills the operands, and runs the product twice.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="shape">Rows of x, rows of W, columns of both.</param>
    public GemmBenchmark(BenchStream stream, GemmShape shape)
    {
        this.stream = stream;
        this.shape = shape;
        long xCount = shape.M * shape.K, weightCount = shape.N * shape.K, yCount = shape.M * shape.N;
        memory = stream.Device.Allocate((xCount + weightCount + yCount) * sizeof(float));
        try
        {
            x = memory.View(DType.F32, 0, shape.M, shape.K);
            weight = memory.View(DType.F32, xCount * sizeof(float), shape.N, shape.K);
            y = memory.View(DType.F32, (xCount + weightCount) * sizeof(float), shape.M, shape.N);
            stream.Operations.PhiloxNormal(x, seed: 1, offset: 0);
            stream.Operations.PhiloxNormal(weight, seed: 2, offset: 0);
            stream.Device.Synchronize();
            stream.Device.MarkReadMostly(weight);
            stream.Time(Queue);                                      // plans, packs the weights
            runs = (int)Math.Clamp(Math.Ceiling(MinSeconds / Math.Max(stream.Time(Queue), 1e-6)), 1, 10_000);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Of the samples so far.</summary>
    public GemmRate Rate => new(shape, shape.Flops / samples.Median * 1e-9, shape.Flops / samples.Min * 1e-9);

    /// <summary>Adds a sample.</summary>
    public void Measure() => samples.Add(stream.Time(Queue, runs));

    public void Dispose() => memory.Dispose();

    private void Queue() => stream.Operations.Linear(y, x, weight);
}
