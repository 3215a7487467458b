using System.Text.Json;
using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Safetensors;
using Ditto.Samplers;

namespace Ditto.Verification;

/// <summary>
/// Trajectories of schedulers with recorded network outputs and noise, stepped by the device's sampler kernel:
/// <c>scheduler_config.json</c>, <c>case.safetensors</c>, <c>case.json</c> (absolute tolerances).
/// </summary>
internal sealed class SchedulerSuite(Device device) : IReferenceSuite
{
    public bool Matches(DirectoryInfo folder) =>
        File.Exists(Path.Combine(folder.FullName, "scheduler_config.json")) && File.Exists(Path.Combine(folder.FullName, "case.json"));

    public IEnumerable<ReferenceCase> Cases(DirectoryInfo folder)
    {
        JsonElement config = ConfigFile.Read(Path.Combine(folder.FullName, "scheduler_config.json"));
        JsonElement facts = ConfigFile.Read(Path.Combine(folder.FullName, "case.json"));
        foreach (JsonProperty entry in facts.GetProperty("steps").EnumerateObject())
        {
            string name = $"steps{entry.Name}";
            if (entry.Value.TryGetProperty("error", out JsonElement error))
                yield return ReferenceCase.Refused(name, $"the reference recorded an error and no data: {error}");
            else if (Sampler(config, facts, entry, out string? why) is { } sampler)
                yield return new ReferenceCase(name, comparison => Run(folder, sampler, entry, comparison));
            else
                yield return ReferenceCase.Refused(name, why!);
        }
    }

    private static ISampler? Sampler(JsonElement config, JsonElement facts, JsonProperty entry, out string? why)
    {
        why = null;
        try
        {
            return ReferenceSampler.Create(config, facts, entry);
        }
        catch (ModelConfigException error)
        {
            why = error.Message;
            return null;
        }
    }

    private VerifyRow Run(DirectoryInfo folder, ISampler sampler, JsonProperty entry, CaseComparison comparison)
    {
        using WeightSource reference = WeightSource.Open(Path.Combine(folder.FullName, "case.safetensors"));
        string prefix = $"steps{entry.Name}.";
        double tolerance = entry.Value.GetProperty("suggested_atol").GetDouble();
        TensorEntry samples = reference[prefix + "samples"], outputs = reference[prefix + "model_outputs"];
        float[]? noise = reference.Tensors.TryGetValue(prefix + "noise", out TensorEntry? drawn) ? drawn.ToSingles() : null;
        float[] expected = samples.ToSingles();
        using SamplerRun run = new(device, sampler, samples.Shape[1..], outputs.Shape[1..]);
        comparison.Absolute(prefix + "samples", run.Trajectory(expected, outputs.ToSingles(), noise), expected, tolerance);
        return comparison.ToRow();
    }
}
