using System.Diagnostics;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.CommandLine;

/// <summary>
/// Measures a model's forward pass beside plain products and copies of the same machine. Products alternate with forward passes, so that
/// both meet the same clock and the same neighbours; operations are traced between them, in passes of their own.
/// </summary>
internal sealed class ModelBenchmark(Device device, BenchBudget budget, CancellationToken cancellation)
{
    private const int ContendersOfLibrary = 2;
    private const int ScreeningRuns = 2;
    private const int QueueRepeats = 20;
    private const int CopyRepeats = 10;
    private const float Timestep = 500f;

    /// <summary>Loads the model and measures.</summary>
    public ModelMeasurement Run(BenchedModel benched, DType type, WeightStorage weights, int batch)
    {
        ModelMeasurement measured = RunForwards(benched, type, weights, batch);      // and then there is room for the files again
        return measured with { Loading = LoadBenchmark.Run(benched, device, type, weights, budget.LoadPairs, cancellation) };
    }

    private ModelMeasurement RunForwards(BenchedModel benched, DType type, WeightStorage weights, int batch)
    {
        long start = Stopwatch.GetTimestamp();
        using DiTModel model = benched.Load(device, type, weights, cancellation);
        double loadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        using BenchStream stream = new(device);
        DiTConfig config = model.Config;
        using DiTForward forward = model.CreateForward(stream.Operations, batch, batch, config.SampleSize, config.SampleSize);
        FillInputs(stream, forward, config);
        void Pass()
        {
            cancellation.ThrowIfCancellationRequested();             // before and not within: what is queued uses the buffers
            forward.Run();
        }
        ForwardRounds rounds = new(stream, Pass, budget.TracedPasses);
        bool isFinite = IsFinite(forward.Output);
        long? peakResident = ProcessMemory.PeakResidentBytes();      // before products and copies take memory of their own
        GemmRate[] products = Compete(stream, Shapes(config, batch), rounds.Run);
        Samples queueing = new();
        for (int i = 0; i < QueueRepeats; i++) queueing.Add(stream.TimeQueueing(Pass));
        return new ModelMeasurement
        {
            Config = config,
            DType = type,
            Weights = weights,
            Batch = batch,
            WeightBytes = model.WeightBytes,
            PoolBytes = forward.PoolBytes,
            PeakResidentBytes = peakResident,
            LoadSeconds = loadSeconds,
            FirstSeconds = rounds.FirstSeconds,
            Passes = rounds.Passes,
            Queueing = queueing,
            Products = products,
            Copy = CopyBenchmark.Run(stream, budget.CopyBytes, CopyRepeats),
            Operations = OperationGroup.Of(rounds.Traced),
            TracedPasses = rounds.Traced.Count,
            OutputIsFinite = isFinite,
        };
    }

    private static void FillInputs(BenchStream stream, DiTForward forward, DiTConfig config)
    {
        int batch = (int)forward.Labels[0];
        stream.Operations.PhiloxNormal(forward.Latents, seed: 0, offset: 0);
        stream.Device.Synchronize();
        stream.Device.CopyToDevice<float>(forward.Timesteps, [.. Enumerable.Repeat(Timestep, batch)]);
        stream.Device.CopyToDevice<int>(forward.Labels, [.. Enumerable.Range(0, batch).Select(row => row % config.NumEmbedsAdaNorm)]);
    }

    private bool IsFinite(Tensor output)
    {
        float[] values = new float[output.ElementCount];
        device.CopyToHost<float>(values, output);
        return Array.TrueForAll(values, float.IsFinite);
    }

    /// <summary>Squares, and what the model's blocks multiply.</summary>
    private IEnumerable<GemmShape> Shapes(DiTConfig config, int batch)
    {
        long grid = config.SampleSize / config.PatchSize, rows = batch * grid * grid, h = config.HiddenSize;
        GemmShape[] own = [new(rows, 3 * h, h), new(rows, h, h), new(rows, config.MlpSize, h), new(rows, h, config.MlpSize)];
        return budget.Squares.Select(edge => new GemmShape(edge, edge, edge)).Concat(own).Distinct();
    }

    /// <summary>The engine's product and, on a processor, oneDNN's.</summary>
    private IEnumerable<IPlainGemm> Products(BenchStream stream, GemmShape shape)
    {
        yield return new EngineGemm(stream, shape);
        if (device.ThreadCount > 0 && OneDnnGemm.TryCreate(shape, device.ThreadCount, out OneDnnGemm? other)) yield return other;
    }

    /// <summary>Tries all products, then measures each library's fastest in turn with rounds of forward passes.</summary>
    /// <returns>The fastest products, best first.</returns>
    private GemmRate[] Compete(BenchStream stream, IEnumerable<GemmShape> shapes, Action round)
    {
        List<GemmBenchmark> products = [];
        try
        {
            foreach (IPlainGemm product in shapes.SelectMany(shape => Products(stream, shape)))
            {
                products.Add(new GemmBenchmark(product));
                cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < ScreeningRuns; i++) products[^1].Measure();
                DropSlowest(products, product.Library);
            }
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < budget.MinRounds || Stopwatch.GetElapsedTime(start).TotalSeconds < budget.Seconds; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                round();
                foreach (GemmBenchmark product in products) product.Measure();
            }
            return [.. products.Select(product => product.Rate).OrderByDescending(rate => rate.Gflops)];
        }
        finally
        {
            products.ForEach(product => product.Dispose());
        }
    }

    private static void DropSlowest(List<GemmBenchmark> products, string library)
    {
        GemmBenchmark[] rivals =
            [.. products.Where(product => product.Rate.Library == library).OrderByDescending(product => product.Rate.BestGflops)];
        if (rivals.Length <= ContendersOfLibrary) return;
        products.Remove(rivals[^1]);
        rivals[^1].Dispose();
    }
}
