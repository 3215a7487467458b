using System.Text.Json;
using Ditto.Imaging;
using Ditto.Interop;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>What <c>ditto demo</c> prints.</summary>
internal sealed record DemoReport(
    DiTPipeline Pipeline, GenerationOptions Request, DemoPicture First, TimeSpan ToFirst, DemoPicture Sheet, int Columns, Evaluation Evaluation)
{
    private readonly ClassNames names = new(Pipeline);

    private int BatchAtATime => Math.Min(Request.MaxBatch, Sheet.Result.BatchSize);

    private double PicturesPerSecond => Sheet.Result.BatchSize / Sheet.Result.Elapsed.TotalSeconds;

    private long PoolBytes => Math.Max(First.Result.PoolBytes, Sheet.Result.PoolBytes);

    private string Rows => string.Join(", ", Enumerable.Range(0, Pipeline.Config.NumEmbedsAdaNorm).Select(label => names[label]));

    public void WriteText(Shell shell) => TextTable.WriteFacts(shell,
    [
        ("device", $"{Pipeline.Device}"),
        ("dtype", ModelOptions.StorageText(Pipeline.Weights, Pipeline.DType)),
        ("sampler", Readable.Invariant(
            $"{Sheet.Result.Sampler}, {Request.StepCount} steps, guidance {Request.GuidanceScale}, seed {unchecked((ulong)Request.Seed)}")),
        ("time to first picture", $"{Readable.Duration(ToFirst)} since the process began"),
        ("first picture", Readable.Invariant($"{First.Result.StepsPerSecond:0.0} steps/s")),
        ("contact sheet", Readable.Invariant($"{Sheet.Result.StepsPerSecond:0.00} steps/s of {BatchAtATime} pictures, ")
            + Readable.Invariant($"{PicturesPerSecond:0.0} pictures/s, {Readable.Duration(Sheet.Result.Elapsed)}")),
        ("peak pool", $"{Readable.Bytes(PoolBytes)} ({Readable.Bytes(Pipeline.Device.PeakBytes)} with weights)"),
        ("class accuracy", Readable.Invariant($"{100 * Evaluation.ClassAccuracy:0.0} % of {Evaluation.Count} by the evaluator network")),
        ("Frechet distance", Readable.Invariant($"{Evaluation.FrechetDistance:0.00} at {Evaluation.Count} samples (it falls with their number)")),
        ("rows", Rows),
        ("pictures", First.File),
        ("", Sheet.File),
    ]);

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("device", Pipeline.Device.Name);
        json.WriteString("deviceDescription", Pipeline.Device.Description);
        json.WriteString("dtype", Pipeline.DType.ShortName());
        json.WriteString("weights", ModelOptions.StorageName(Pipeline.Weights, Pipeline.DType));
        json.WriteString("sampler", Sheet.Result.Sampler);
        json.WriteNumber("steps", Request.StepCount);
        json.WriteReal("cfgScale", Request.GuidanceScale);
        json.WriteNumber("seed", unchecked((ulong)Request.Seed));
        json.WriteReal("timeToFirstPictureSeconds", ToFirst.TotalSeconds);
        json.WriteReal("firstPictureStepsPerSecond", First.Result.StepsPerSecond);
        json.WriteReal("stepsPerSecond", Sheet.Result.StepsPerSecond);
        json.WriteNumber("batch", BatchAtATime);
        json.WriteReal("picturesPerSecond", PicturesPerSecond);
        json.WriteReal("elapsedSeconds", Sheet.Result.Elapsed.TotalSeconds);
        json.WriteNumber("peakPoolBytes", PoolBytes);
        json.WriteNumber("peakBytes", Pipeline.Device.PeakBytes);
        json.WriteNumber("samples", Evaluation.Count);
        json.WriteReal("classAccuracy", Evaluation.ClassAccuracy);
        json.WriteReal("frechetDistance", Evaluation.FrechetDistance);
        json.WriteString("firstPicture", First.File);
        json.WriteString("contactSheet", Sheet.File);
        json.WriteNumber("columns", Columns);
        json.WriteStartArray("rows");
        for (int label = 0; label < Pipeline.Config.NumEmbedsAdaNorm; label++) json.WriteStringValue(names[label]);
        json.WriteEndArray();
    }
}
