using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>The engine's own y = x W^T with constant weights, on any device.</summary>
internal sealed class EngineGemm : IPlainGemm
{
    private readonly BenchStream stream;
    private readonly DeviceMemory memory;
    private readonly Tensor x, weight, y;

    /// <summary>Allocates and fills the operands.</summary>
    public EngineGemm(BenchStream stream, GemmShape shape)
    {
        this.stream = stream;
        Shape = shape;
        long xBytes = shape.M * shape.K * sizeof(float), weightBytes = shape.N * shape.K * sizeof(float), yBytes = shape.M * shape.N * sizeof(float);
        memory = stream.Device.Allocate(xBytes + weightBytes + yBytes);
        try
        {
            x = memory.View(DType.F32, 0, shape.M, shape.K);
            weight = memory.View(DType.F32, xBytes, shape.N, shape.K);
            y = memory.View(DType.F32, xBytes + weightBytes, shape.M, shape.N);
            stream.Operations.PhiloxNormal(x, seed: 1, offset: 0);
            stream.Operations.PhiloxNormal(weight, seed: 2, offset: 0);
            stream.Device.Synchronize();
            stream.Device.MarkReadMostly(weight);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public string Library => "ditto";

    public GemmShape Shape { get; }

    public double Time(int runs) => stream.Time(() => stream.Operations.Linear(y, x, weight), runs);

    public void Dispose() => memory.Dispose();
}
