using System.Text.Json;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>What <c>ditto bench model</c> prints.</summary>
internal sealed class ModelBenchmarkReport(string name, bool isRandom, Device device, ModelMeasurement measured)
{
    private double GemmGflops => measured.Products[0].Gflops;

    public void WriteText(Shell shell)
    {
        ModelMeasurement m = measured;
        string threads = device.ThreadCount > 0 ? Readable.Invariant($", {device.ThreadCount} threads") : "";
        TextTable.WriteFacts(shell,
        [
            ("model", Readable.Invariant(
                $"{name}{(isRandom ? " (random weights)" : "")}, {ModelOptions.StorageText(m.Weights, m.DType)}, ")
                + Readable.Invariant($"batch {m.Batch}, {m.Tokens} tokens a sample")),
            ("device", $"{device.Name}: {device.Description}, {device.Architecture}{threads}"),
            ("forward", Readable.Invariant(
                $"{Ms(m.Passes.Median)} median of {m.Passes.Count}: min {Ms(m.Passes.Min)}, 10 % {Ms(m.Passes.Quantile(0.1))}, ")
                + $"90 % {Ms(m.Passes.Quantile(0.9))}; the first {Ms(m.FirstSeconds)}"),
            ("work", Readable.Invariant($"{m.Flops * 1e-9:0.0} GFLOP in products and attention: {m.Gflops:0.0} GFLOP/s")),
            ("best GEMM", $"{m.Products[0]}, in turn with the forwards"),
            .. m.Products.Skip(1).Select(rate => ("", rate.ToString())),
            ("of best GEMM", Readable.Invariant($"{m.FractionOfBestGemm:0.000} by medians, {m.FractionAtBest:0.000} by the fastest of each")),
            ("copy", Readable.Invariant($"{m.Copy.BytesPerSecond * 1e-9:0.0} GB/s, read and written, {Readable.Bytes(m.Copy.ByteCount)}")),
            ("queueing", Readable.Invariant($"{Ms(m.Queueing.Median)} on the host, {100 * m.QueueFraction:0.00} % of a forward")),
            ("loading", Readable.Invariant($"{m.LoadSeconds:0.00} s, {m.WeightBytes / m.LoadSeconds * 1e-9:0.00} GB/s") + Reading()),
            ("memory", $"{Readable.Bytes(m.WeightBytes)} of weights, {Readable.Bytes(m.PoolBytes)} of pool" + Resident()),
            ("operations", Readable.Invariant($"{Ms(m.TracedSeconds)} in {m.Operations.Sum(group => group.Count)} operations, ")
                + Readable.Invariant($"{100 * m.ComputeShare:0.0} % in products and attention (medians of {m.TracedPasses} traced forwards)")),
        ]);
        TextTable.Write(
            shell, ["operation", ">count", ">ms", ">share", ">GFLOP/s", ">of GEMM", ">GB/s", ">of copy"], m.Operations.Select(Row));
        if (!m.OutputIsFinite) shell.Note("the output has values that are not finite: the times may be those of special cases");
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        ModelMeasurement m = measured;
        json.WriteString("model", name);
        json.WriteBoolean("randomWeights", isRandom);
        json.WriteString("device", device.Name);
        json.WriteString("deviceDescription", device.Description);
        json.WriteString("isa", device.Architecture);
        json.WriteNumber("threads", device.ThreadCount);
        json.WriteString("dtype", m.DType.ShortName());
        json.WriteString("weights", ModelOptions.StorageName(m.Weights, m.DType));
        json.WriteNumber("batch", m.Batch);
        json.WriteNumber("tokens", m.Tokens);
        json.WriteNumber("parameters", m.Config.ParameterCount);
        WriteSamples(json, "forwardSeconds", m.Passes);
        json.WriteReal("firstForwardSeconds", m.FirstSeconds);
        json.WriteNumber("flops", m.Flops);
        json.WriteReal("modelFlops", m.Config.ForwardFlops(m.Batch, m.Config.SampleSize, m.Config.SampleSize));
        json.WriteReal("gflops", m.Gflops);
        json.WriteReal("fractionOfBestGemm", m.FractionOfBestGemm);
        json.WriteReal("fractionOfBestGemmAtBest", m.FractionAtBest);
        json.WriteObjects("gemms", m.Products, rate =>
        {
            json.WriteString("library", rate.Library);
            json.WriteNumber("m", rate.Shape.M);
            json.WriteNumber("n", rate.Shape.N);
            json.WriteNumber("k", rate.Shape.K);
            json.WriteReal("gflops", rate.Gflops);
            json.WriteReal("bestGflops", rate.BestGflops);
        });
        json.WriteNumber("copyBytes", m.Copy.ByteCount);
        json.WriteReal("copyBytesPerSecond", m.Copy.BytesPerSecond);
        json.WriteReal("queueSeconds", m.Queueing.Median);
        json.WriteReal("queueFraction", m.QueueFraction);
        json.WriteReal("loadSeconds", m.LoadSeconds);
        json.WriteReal("warmLoadSeconds", m.Loading?.Loads.Median);
        json.WriteReal("fileReadSeconds", m.Loading?.Reads.Median);
        json.WriteReal("loadFractionOfRead", m.Loading?.Ratios.Median);
        json.WriteNumber("weightBytes", m.WeightBytes);
        json.WriteNumber("poolBytes", m.PoolBytes);
        json.WriteReal("peakResidentBytes", m.PeakResidentBytes);
        json.WriteReal("peakResidentRatio", m.ResidentRatio);
        json.WriteBoolean("outputIsFinite", m.OutputIsFinite);
        json.WriteNumber("tracedForwards", m.TracedPasses);
        json.WriteReal("tracedSeconds", m.TracedSeconds);
        json.WriteReal("computeShare", m.ComputeShare);
        json.WriteObjects("operations", m.Operations, group => WriteOperation(json, group));
    }

    private static void WriteSamples(Utf8JsonWriter json, string name, Samples samples)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", samples.Count);
        json.WriteReal("median", samples.Median);
        json.WriteReal("min", samples.Min);
        json.WriteReal("p10", samples.Quantile(0.1));
        json.WriteReal("p90", samples.Quantile(0.9));
        json.WriteReal("max", samples.Quantile(1));
        json.WriteEndObject();
    }

    private void WriteOperation(Utf8JsonWriter json, OperationGroup group)
    {
        json.WriteString("name", group.Name);
        json.WriteString("kind", KindName(group.Kind));
        json.WriteNumber("count", group.Count);
        json.WriteReal("seconds", group.Seconds);
        json.WriteReal("share", group.Seconds / measured.TracedSeconds);
        json.WriteNumber("flops", group.Flops);
        json.WriteReal("gflops", group.IsCompute ? group.Gflops : null);
        json.WriteReal("fractionOfBestGemm", group.IsCompute ? group.Gflops / GemmGflops : null);
        json.WriteNumber("bytes", group.Bytes);
        json.WriteReal("bytesPerSecond", group.BytesPerSecond);
        json.WriteReal("fractionOfCopy", group.IsCompute ? null : group.BytesPerSecond / measured.Copy.BytesPerSecond);
    }

    private string[] Row(OperationGroup group) =>
    [
        group.Name,
        Readable.Invariant($"{group.Count}"),
        Readable.Invariant($"{1e3 * group.Seconds:0.000}"),
        Readable.Invariant($"{100 * group.Seconds / measured.TracedSeconds:0.0} %"),
        group.IsCompute ? Readable.Invariant($"{group.Gflops:0.0}") : "",
        group.IsCompute ? Readable.Invariant($"{100 * group.Gflops / GemmGflops:0} %") : "",
        Readable.Invariant($"{group.BytesPerSecond * 1e-9:0.0}"),
        group.IsCompute ? "" : Readable.Invariant($"{100 * group.BytesPerSecond / measured.Copy.BytesPerSecond:0} %"),
    ];

    private string Reading() => measured.Loading is { } l
        ? Readable.Invariant($"; then {l.Ratios.Median:0.00} of the speed of reading the files ({l.Loads.Median:0.00} s, {l.Reads.Median:0.00} s; ")
            + Readable.Invariant($"least {l.Ratios.Min:0.00} of {l.Ratios.Count} pairs)")
        : "";

    private string Resident() => measured is { PeakResidentBytes: { } peak, ResidentRatio: { } ratio }
        ? Readable.Invariant($"; peak of the process {Readable.Bytes(peak)}, {ratio:0.00} of that")
        : "";

    private static string KindName(OperationKind kind) => kind switch
    {
        OperationKind.Kernel => "kernel",
        OperationKind.Attention => "attention",
        OperationKind.Product => "product",
        OperationKind.Copy => "copy",
        _ => "fill",
    };

    private static string Ms(double seconds) => Readable.Invariant($"{1e3 * seconds:0.00} ms");
}
