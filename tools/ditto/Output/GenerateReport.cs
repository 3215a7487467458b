using System.Text.Json;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>What <c>ditto generate</c> prints.</summary>
internal sealed record GenerateReport(
    string Model,
    DiTPipeline Pipeline,
    GenerationOptions Request,
    GenerationResult Result,
    ClassNames Names,
    IReadOnlyList<string> Files,
    TimeSpan Loading)
{
    private double PicturesPerSecond => Result.BatchSize / Result.Elapsed.TotalSeconds;

    public void WriteText(Shell shell)
    {
        foreach (string file in Files) shell.Out.WriteLine(file);
        string seed = Request.Latents is null ? Readable.Invariant($"seed {unchecked((ulong)Request.Seed)}") : "noise from a file";
        shell.Out.WriteLine(Readable.Invariant(
            $"{seed}, {Request.StepCount} steps of {Result.Sampler} in {Readable.Duration(Result.Elapsed)}: {Result.StepsPerSecond:0.0} steps/s")
            + $" on {Pipeline.Device.Name} in {ModelOptions.StorageText(Pipeline.Weights, Pipeline.DType)}, pool {Readable.Bytes(Result.PoolBytes)}");
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("model", Model);
        new PictureMetadata(Model, Pipeline, Request, Result).WriteRequest(json);
        json.WriteReal("loadSeconds", Loading.TotalSeconds);
        json.WriteReal("elapsedSeconds", Result.Elapsed.TotalSeconds);
        json.WriteReal("stepsPerSecond", Result.StepsPerSecond);
        json.WriteReal("picturesPerSecond", PicturesPerSecond);
        json.WriteNumber("poolBytes", Result.PoolBytes);
        json.WriteNumber("peakBytes", Pipeline.Device.PeakBytes);
        json.WriteStartArray("files");
        foreach (string file in Files) json.WriteStringValue(file);
        json.WriteEndArray();
        json.WriteObjects("samples", Enumerable.Range(0, Result.BatchSize), index =>
        {
            json.WriteNumber("class", Request.ClassLabels[index]);
            json.WriteString("className", Names[Request.ClassLabels[index]]);
            if (Files.Count == Result.BatchSize) json.WriteString("file", Files[index]);
        });
    }
}
