using Ditto.Configuration;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Safetensors;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>Reads a model directory's configs and headers and plans its memory: nothing is allocated and no device is needed.</summary>
public static class ModelInspection
{
    /// <summary>Inspects a diffusers directory.</summary>
    /// <param name="directory">The directory, with model_index.json.</param>
    /// <param name="type">Storage to plan for: F32, BF16 or F16.</param>
    /// <param name="options">What would be generated: batch, size, steps and guidance.</param>
    /// <exception cref="ModelConfigException">A config is missing or not usable, or a tensor does not fit it.</exception>
    /// <exception cref="ModelFormatException">A weight file is damaged.</exception>
    /// <exception cref="RequestException">An option is outside its range for this model.</exception>
    public static ModelSummary Inspect(string directory, DType type, GenerationOptions options)
    {
        ConfigSection index = ConfigSection.Load(Path.Combine(directory, "model_index.json"));
        string transformer = Path.Combine(directory, "transformer");
        ConfigSection network = ConfigSection.Load(Path.Combine(transformer, "config.json"));
        ConfigSection scheduler = ConfigSection.Load(Path.Combine(directory, "scheduler", "scheduler_config.json"));
        DiTConfig config = DiTConfig.Load(network.Path);
        GenerationRequest request = GenerationRequest.Create(options, config);
        using WeightSource source = WeightSource.Open(transformer);
        using WeightStore weights = new DiTCheckpoint(config, DiTCheckpoint.EmbeddersAreEqual(config, source)).CreateStore(type);
        weights.Check(source);
        DenoisingPlan plan = new(config, request, type, SamplerFactory.FromConfig(scheduler.Root, options.StepCount));
        return new ModelSummary(
            index.Text("_class_name"),
            network.Text("_class_name"),
            scheduler.Text("_class_name"),
            config,
            config.ParameterCount,
            source.ByteCount,
            type,
            weights.TotalBytes,
            request.BatchSize,
            request.Height,
            request.Width,
            plan.Forward.Tokens,
            config.ForwardFlops(plan.Forward.Shape.Batch, request.Height, request.Width),
            request.IsGuided,
            plan.Forward.Pool.TotalBytes,
            plan.Forward.Pool.Describe().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
