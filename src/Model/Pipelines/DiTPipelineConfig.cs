using System.Globalization;
using System.Text.Json;
using Ditto.Configuration;
using Ditto.Families.DiT;
using Ditto.Safetensors;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>
/// What the JSON files of a diffusers directory say about a class-conditional DiT: network, scheduler and class names. It is read before any
/// weight, so that a model or a request that cannot run is refused at once. Immutable.
/// </summary>
public sealed class DiTPipelineConfig
{
    private static readonly string[] PipelineClasses = ["DiTPipeline"];

    private readonly ConfigSection scheduler;

    private DiTPipelineConfig(string directory, ConfigSection index, DiTConfig transformer, string transformerClass, ConfigSection scheduler)
    {
        this.scheduler = scheduler;
        Directory = directory;
        Transformer = transformer;
        PipelineClass = ReadClass(index);
        TransformerClass = transformerClass;
        SchedulerClass = scheduler.Text("_class_name");
        SamplerName = SamplerFactory.FromConfig(scheduler.Root, 1, file: scheduler.Path).Name;
        ClassNames = ReadClassNames(index);
        HasVae = index.Root.TryGetProperty("vae", out JsonElement vae)
            && vae.ValueKind == JsonValueKind.Array && vae.GetArrayLength() > 0 && vae[0].ValueKind == JsonValueKind.String;
    }

    /// <summary>The diffusers directory.</summary>
    public string Directory { get; }

    /// <summary>The network's config.</summary>
    public DiTConfig Transformer { get; }

    /// <summary>The pipeline's class name.</summary>
    public string PipelineClass { get; }

    /// <summary>The network's class name.</summary>
    public string TransformerClass { get; }

    /// <summary>The scheduler's class name.</summary>
    public string SchedulerClass { get; }

    /// <summary>The sampler that the scheduler config asks for.</summary>
    public string SamplerName { get; }

    /// <summary>Names of the classes by label (<c>id2label</c> of model_index.json); empty where the directory has none. Untrusted.</summary>
    public IReadOnlyDictionary<int, string> ClassNames { get; }

    /// <summary>Whether pictures are made by decoding the latents with a VAE; where not, the latents are the pictures.</summary>
    public bool HasVae { get; }

    /// <summary>Reads model_index.json, transformer/config.json and scheduler/scheduler_config.json.</summary>
    /// <param name="directory">The directory. Links may not lead out of it.</param>
    /// <exception cref="ModelConfigException">A file is missing or not usable.</exception>
    public static DiTPipelineConfig Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ConfigSection index = ConfigSection.Load(ModelPath.Within(directory, "model_index.json"));
        ReadClass(index);                                            // a pipeline of another kind has other files
        ConfigSection network = ConfigSection.Load(ModelPath.Within(directory, "transformer", "config.json"));
        return From(directory, index, network, ConfigSection.Load(ModelPath.Within(directory, "scheduler", "scheduler_config.json")));
    }

    /// <summary>Takes files that are parsed already.</summary>
    /// <exception cref="ModelConfigException">One is not usable.</exception>
    internal static DiTPipelineConfig From(string directory, ConfigSection index, ConfigSection network, ConfigSection scheduler) =>
        new(directory, index, DiTConfig.From(network), network.Text("_class_name"), scheduler);

    /// <summary>Finds out whether a request can be carried out; costs nothing.</summary>
    /// <param name="options">The request.</param>
    /// <exception cref="RequestException">An option is outside its range for this model.</exception>
    /// <exception cref="ModelConfigException">The scheduler config does not allow this number of steps.</exception>
    public void Check(GenerationOptions options)
    {
        GenerationRequest.Create(options, Transformer);
        CreateSampler(options);
    }

    /// <summary>Opens the network's weight files and reads their headers.</summary>
    /// <exception cref="ModelConfigException">There are none, or an index is not good.</exception>
    /// <exception cref="ModelFormatException">A file is not good.</exception>
    public WeightSource OpenWeights() => WeightSource.Open(ModelPath.Within(Directory, "transformer"));

    /// <summary>The sampler of a checked request: the config's own, or another that fits what the network predicts.</summary>
    /// <exception cref="RequestException">The sampler needs another kind of prediction, or more steps than the scheduler was trained on.</exception>
    internal ISampler CreateSampler(GenerationOptions options)
    {
        int most = scheduler.Integer("num_train_timesteps", 1000, 1, int.MaxValue);
        if (options.StepCount > most)
            throw new RequestException("steps", $"{options.StepCount}", $"1 to {most}, the scheduler's num_train_timesteps");
        if (options.Sampler is not { } method) return SamplerFactory.FromConfig(scheduler.Root, options.StepCount, file: scheduler.Path);
        bool isFlow = SchedulerClass == "FlowMatchEulerDiscreteScheduler";
        if (method.Equals("euler", StringComparison.OrdinalIgnoreCase) != isFlow)
            throw new RequestException("sampler", $"{method}, which does not fit the model's prediction", isFlow ? "euler" : "ddpm, ddim, dpm++");
        return SamplerFactory.FromConfig(scheduler.Root, options.StepCount, method, file: scheduler.Path);
    }

    private static string ReadClass(ConfigSection index)
    {
        string name = index.Text("_class_name");
        return PipelineClasses.Contains(name)
            ? name
            : throw index.Refuse("_class_name", $"unsupported model class {Quoted.Text(name)}", $"known: {string.Join(", ", PipelineClasses)}");
    }

    private static Dictionary<int, string> ReadClassNames(ConfigSection index)
    {
        Dictionary<int, string> names = [];
        if (!index.Root.TryGetProperty("id2label", out JsonElement labels) || labels.ValueKind != JsonValueKind.Object) return names;
        foreach (JsonProperty label in labels.EnumerateObject())
        {
            try
            {
                bool isId = int.TryParse(label.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id);
                if (isId && label.Value.ValueKind == JsonValueKind.String)
                    names[id] = label.Value.GetString()!;
            }
            catch (InvalidOperationException)
            {
                throw new ModelConfigException(index.Path, "id2label", "no valid Unicode", "strings");
            }
        }
        return names;
    }
}
