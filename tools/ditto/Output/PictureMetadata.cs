using System.Text.Json;
using Ditto.Interop;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>What a picture says about its making: the line that A1111 and its kin read, and the same as JSON.</summary>
/// <param name="model">The model as it was asked for.</param>
/// <param name="pipeline">The model.</param>
/// <param name="request">What was asked.</param>
/// <param name="result">What came of it.</param>
internal sealed class PictureMetadata(string model, DiTPipeline pipeline, GenerationOptions request, GenerationResult result)
{
    private readonly ClassNames names = new(pipeline);

    /// <summary>The name of the model without its path.</summary>
    public string ModelName { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(model));

    /// <summary>The generator's name on the command line.</summary>
    public static string GeneratorName(RandomSource source) => source == RandomSource.Cuda ? "cuda" : "torch-cpu";

    /// <summary>The text of the chunk <c>parameters</c>.</summary>
    /// <param name="index">The sample; null where the picture shows all.</param>
    public string ToParameters(int? index)
    {
        IEnumerable<int> labels = index is { } one ? [request.ClassLabels[one]] : request.ClassLabels.Distinct();
        string subject = string.Join(", ", labels.Select(label => names[label]));
        string seed = request.Latents is null ? Readable.Invariant($"{unchecked((ulong)request.Seed)}") : "initial noise from a file";
        string how = Readable.Invariant($"Steps: {request.StepCount}, Sampler: {result.Sampler}, CFG scale: {request.GuidanceScale}, Seed: {seed}");
        string what = Readable.Invariant($"Size: {result.Width}x{result.Height}, Model: {ModelName}");
        return $"{subject}\n{how}, {what}, RNG: {GeneratorName(request.RandomSource)}, Version: ditto {Application.Version}";
    }

    /// <summary>The text of the chunk <c>ditto</c>: one JSON object.</summary>
    /// <param name="index">The sample; null where the picture shows all.</param>
    public string ToJson(int? index) => JsonReport.ToText("generate", json =>
    {
        json.WriteString("model", ModelName);
        WriteRequest(json);
        if (index is { } one)
        {
            json.WriteNumber("sample", one);
            json.WriteNumber("class", request.ClassLabels[one]);
            json.WriteString("className", names[request.ClassLabels[one]]);
        }
        else
        {
            json.WriteStartArray("classes");
            foreach (int label in request.ClassLabels) json.WriteNumberValue(label);
            json.WriteEndArray();
        }
    }, default);

    /// <summary>The fields that all samples of a run share.</summary>
    public void WriteRequest(Utf8JsonWriter json)
    {
        if (request.Latents is null) json.WriteNumber("seed", unchecked((ulong)request.Seed));
        else json.WriteNull("seed");
        json.WriteString("rng", GeneratorName(request.RandomSource));
        json.WriteNumber("batch", request.ClassLabels.Count);
        json.WriteNumber("steps", request.StepCount);
        json.WriteString("sampler", result.Sampler);
        json.WriteReal("cfgScale", request.GuidanceScale);
        json.WriteString("guidanceRule", request.GuidanceRule == GuidanceRule.FirstThreeChannels ? "first3" : "all");
        json.WriteNumber("width", result.Width);
        json.WriteNumber("height", result.Height);
        json.WriteString("device", pipeline.Device.Name);
        json.WriteString("deviceDescription", pipeline.Device.Description);
        json.WriteString("dtype", pipeline.DType.ShortName());
        json.WriteString("weights", ModelOptions.StorageName(pipeline.Weights, pipeline.DType));
    }
}
