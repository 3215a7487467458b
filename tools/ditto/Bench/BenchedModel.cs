using Ditto.Demo;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Pipelines;
using Ditto.Safetensors;

namespace Ditto.CommandLine;

/// <summary>What <c>ditto bench</c> may be pointed at: a preset with random weights, the demo, or a diffusers directory.</summary>
internal sealed class BenchedModel
{
    private readonly DiTConfig? preset;
    private readonly string directory = "";

    /// <summary>Looks the name up; nothing is read.</summary>
    /// <exception cref="RequestException">There is no such preset or directory.</exception>
    public BenchedModel(string name)
    {
        preset = DiTPresets.Find(name);
        if (preset is not null) return;
        bool isPath = name == DemoModel.Name || Directory.Exists(name) || File.Exists(name);
        if (!isPath) throw new RequestException("--model", $"«{name}», which does not exist", Allowed);
        directory = Path.Combine(ModelLocator.Resolve(name), "transformer");
    }

    /// <summary>What may be asked for.</summary>
    public static string Allowed => $"{DemoModel.Name}, a diffusers directory, or random weights of {string.Join(", ", DiTPresets.Names)}";

    public bool IsRandom => preset is not null;

    /// <summary>The weight files; none of random weights.</summary>
    public IReadOnlyList<string> Files()
    {
        if (IsRandom) return [];
        using WeightSource source = WeightSource.Open(directory);
        return [.. source.Tensors.Values.Select(tensor => tensor.File).Distinct()];
    }

    public DiTModel Load(Device device, DType type, WeightStorage weights, CancellationToken cancellation) => preset is null
        ? DiTModel.Load(directory, device, type, weights, cancellation: cancellation)
        : DiTModel.CreateRandom(preset, device, type, weights, cancellation: cancellation);
}
