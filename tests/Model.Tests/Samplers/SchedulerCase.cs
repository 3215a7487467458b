using System.Text.Json;
using Ditto.Configuration;
using Ditto.Safetensors;
using Ditto.Samplers;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Samplers;

/// <summary>One recorded trajectory: a scheduler config, a number of steps, and what diffusers made of the network outputs.</summary>
public sealed class SchedulerCase
{
    private readonly string folder;
    private readonly JsonElement info;

    private SchedulerCase(string folder, string stepCount)
    {
        this.folder = folder;
        info = ConfigFile.Read(Path.Combine(folder, "case.json"));
        StepCount = int.Parse(stepCount, System.Globalization.CultureInfo.InvariantCulture);
        Step = info.GetProperty("steps").GetProperty(stepCount);
    }

    public int StepCount { get; }

    public JsonElement Step { get; }

    /// <summary>The error that diffusers raised, or null.</summary>
    public string? Error => Step.TryGetProperty("error", out JsonElement error) ? error.GetString() : null;

    public double Tolerance => Step.GetProperty("suggested_atol").GetDouble();

    public JsonElement Config => ConfigFile.Read(Path.Combine(folder, "scheduler_config.json"));

    public int? ImageTokenCount => Number(info, "image_seq_len") is { } count ? (int)count : null;

    public double? Mu => Number(Step, "mu");

    public static IEnumerable<TestCaseData> WithMu() =>
        All().Where(test => test.Arguments[0] is SchedulerCase { Mu: not null, ImageTokenCount: not null, Error: null });

    public static IEnumerable<TestCaseData> All()
    {
        foreach (string folder in Directory.EnumerateDirectories(Repository.Reference("schedulers")).Order(StringComparer.Ordinal))
        {
            JsonElement steps = ConfigFile.Read(Path.Combine(folder, "case.json")).GetProperty("steps");
            foreach (string count in steps.EnumerateObject().Select(step => step.Name))
                yield return new TestCaseData(new SchedulerCase(folder, count)).SetArgDisplayNames(Path.GetFileName(folder), count);
        }
    }

    public ISampler CreateSampler() => SamplerFactory.FromConfig(
        Config, StepCount, new SamplerOptions { Eta = Number(info, "eta") ?? 0, Mu = Mu ?? PipelineMu(), Sigmas = Sigmas() });

    public Dictionary<string, float[]> Tensors()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "case.safetensors"));
        string prefix = $"steps{StepCount}.";
        return file.Tensors.Values
            .Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[prefix.Length..], tensor => tensor.ToSingles());
    }

    /// <summary>mu of a case that has none on record, because diffusers failed before.</summary>
    private double? PipelineMu() => ImageTokenCount is { } count && Error is not null ? DynamicShift.Mu(Config, count) : null;

    private float[]? Sigmas() => info.GetProperty("custom_sigmas").GetString() switch
    {
        null => null,
        "linspace(1,1/n,n)" => [.. SamplerOptions.LinearSigmas(StepCount)],
        "linspace(1,0,n+1)[:-1]" => [.. Enumerable.Range(0, StepCount).Select(i => (float)(1 - (double)i / StepCount))],
        string other => throw new InvalidDataException(other),
    };

    private static double? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
