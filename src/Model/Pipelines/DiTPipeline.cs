using System.Globalization;
using System.Text.Json;
using Ditto.Configuration;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>
/// A class-conditional DiT from a diffusers directory: weights, scheduler and class names. Immutable after loading and shared by any number of
/// sessions and threads; dispose it after its sessions. Source: diffusers <c>DiTPipeline</c>.
/// </summary>
public sealed class DiTPipeline : IDisposable
{
    private readonly JsonElement scheduler;

    private DiTPipeline(DiTModel transformer, ConfigSection index, JsonElement scheduler, string samplerName)
    {
        Transformer = transformer;
        this.scheduler = scheduler;
        ClassNames = ReadClassNames(index);
        HasVae = index.Root.TryGetProperty("vae", out JsonElement vae)
            && vae.ValueKind == JsonValueKind.Array && vae.GetArrayLength() > 0 && vae[0].ValueKind == JsonValueKind.String;
        SamplerName = samplerName;
    }

    /// <summary>The network's weights.</summary>
    public DiTModel Transformer { get; }

    /// <summary>The network's config.</summary>
    public DiTConfig Config => Transformer.Config;

    /// <summary>Where the weights are.</summary>
    public Device Device => Transformer.Device;

    /// <summary>Storage of weights and activations.</summary>
    public DType DType => Transformer.DType;

    /// <summary>Names of the classes by label (<c>id2label</c> of model_index.json); empty where the directory has none.</summary>
    public IReadOnlyDictionary<int, string> ClassNames { get; }

    /// <summary>Whether pictures are made by decoding the latents with a VAE; where not, the latents are the pictures.</summary>
    public bool HasVae { get; }

    /// <summary>The sampler that the directory's scheduler config asks for.</summary>
    public string SamplerName { get; }

    /// <summary>Loads model_index.json, transformer/ and scheduler/ of a diffusers directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="device">Where the weights go. The caller keeps and disposes it.</param>
    /// <param name="type">Storage of weights and activations: F32, BF16 or F16.</param>
    /// <param name="progress">Is told of every tensor.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    /// <exception cref="ModelConfigException">A config is missing or not usable, or weights do not fit it.</exception>
    /// <exception cref="Safetensors.ModelFormatException">A weight file is damaged.</exception>
    /// <exception cref="DeviceException">The device refused, for example for lack of memory.</exception>
    public static DiTPipeline Load(
        string directory, Device device, DType type = DType.F32, IProgress<LoadUpdate>? progress = null, CancellationToken cancellation = default)
    {
        ConfigSection index = ConfigSection.Load(Path.Combine(directory, "model_index.json"));
        string className = index.Text("_class_name");
        if (className != "DiTPipeline") throw index.Refuse("_class_name", $"unsupported pipeline {className}", "DiTPipeline");
        JsonElement scheduler = ConfigFile.Read(Path.Combine(directory, "scheduler", "scheduler_config.json"));
        string sampler = SamplerFactory.FromConfig(scheduler, 1).Name;      // a scheduler that cannot run is refused before weights are read
        DiTModel transformer = DiTModel.Load(Path.Combine(directory, "transformer"), device, type, progress, cancellation);
        return new DiTPipeline(transformer, index, scheduler, sampler);
    }

    /// <summary>A new place to generate in.</summary>
    public DiTSession CreateSession() => new(this);

    /// <summary>Frees the weights. Sessions must be disposed before.</summary>
    public void Dispose() => Transformer.Dispose();

    /// <summary>The sampler of a checked request: the config's own, or another that fits what the network predicts.</summary>
    /// <exception cref="RequestException">The sampler needs another kind of prediction.</exception>
    internal ISampler CreateSampler(GenerationOptions options)
    {
        if (options.Sampler is not { } method) return SamplerFactory.FromConfig(scheduler, options.StepCount);
        bool isFlow = scheduler.TryGetProperty("_class_name", out JsonElement name) && name.ValueEquals("FlowMatchEulerDiscreteScheduler");
        if (method.Equals("euler", StringComparison.OrdinalIgnoreCase) != isFlow)
            throw new RequestException("sampler", $"«{method}», which does not fit the model's prediction", isFlow ? "euler" : "ddpm, ddim, dpm++");
        return SamplerFactory.FromConfig(scheduler, options.StepCount, method);
    }

    private static Dictionary<int, string> ReadClassNames(ConfigSection index)
    {
        Dictionary<int, string> names = [];
        if (!index.Root.TryGetProperty("id2label", out JsonElement labels) || labels.ValueKind != JsonValueKind.Object) return names;
        foreach (JsonProperty label in labels.EnumerateObject())
        {
            bool isId = int.TryParse(label.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id);
            if (isId && label.Value.ValueKind == JsonValueKind.String)
                names[id] = label.Value.GetString()!;
        }
        return names;
    }
}
