using System.Globalization;
using System.Text.Json;
using Ditto.Configuration;
using Ditto.Samplers;

namespace Ditto.Verification;

/// <summary>A scheduler case's sampler: its config, and the call's arguments as <c>case.json</c> records them.</summary>
internal static class ReferenceSampler
{
    private const string LinearSigmas = "linspace(1,1/n,n)";
    private const string OpenSigmas = "linspace(1,0,n+1)[:-1]";

    /// <summary>The case's sampler.</summary>
    /// <exception cref="ModelConfigException">This build does not support the scheduler or one of the arguments.</exception>
    public static ISampler Create(JsonElement config, JsonElement facts, JsonProperty entry)
    {
        int steps = int.Parse(entry.Name, CultureInfo.InvariantCulture);
        SamplerOptions options = new()
        {
            Eta = Number(facts, "eta") ?? 0,
            Mu = Number(entry.Value, "mu"),
            Sigmas = Sigmas(facts, steps),
        };
        return SamplerFactory.FromConfig(config, steps, options);
    }

    private static double? Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static IReadOnlyList<float>? Sigmas(JsonElement facts, int steps)
    {
        if (!facts.TryGetProperty("custom_sigmas", out JsonElement recipe) || recipe.ValueKind != JsonValueKind.String) return null;
        return recipe.GetString() switch
        {
            LinearSigmas => SamplerOptions.LinearSigmas(steps),
            OpenSigmas => [.. Enumerable.Range(0, steps).Select(i => (float)(1.0 - ((double)i / steps)))],
            string other => throw new ModelConfigException("case.json", "custom_sigmas", other, $"{LinearSigmas}, {OpenSigmas}"),
            null => null,
        };
    }
}
