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
    /// <param name="storage">Storage of the blocks' matrices to plan for.</param>
    /// <exception cref="ModelConfigException">A config is missing or not usable, or a tensor does not fit it.</exception>
    /// <exception cref="ModelFormatException">A weight file is damaged.</exception>
    /// <exception cref="RequestException">An option is outside its range for this model.</exception>
    public static ModelSummary Inspect(
        string directory, DType type, GenerationOptions options, WeightStorage storage = WeightStorage.AsActivations)
    {
        DiTPipelineConfig description = DiTPipelineConfig.Open(directory);
        DiTConfig config = description.Transformer;
        GenerationRequest request = GenerationRequest.Create(options, config);
        ISampler sampler = description.CreateSampler(options);
        using WeightSource source = description.OpenWeights();
        DiTCheckpoint checkpoint = DiTCheckpoint.Match(config, source);
        using WeightStore weights = checkpoint.CreateStore(type, storage);
        DenoisingPlan plan = new(config, request, type, storage, sampler);
        return new ModelSummary(
            description.PipelineClass,
            description.TransformerClass,
            description.SchedulerClass,
            config,
            config.ParameterCount,
            source.ByteCount,
            type,
            storage,
            weights.TotalBytes,
            request.BatchSize,
            request.Height,
            request.Width,
            plan.Forward.Tokens,
            config.ForwardFlops(plan.Forward.Shape.Batch, request.Height, request.Width),
            request.IsGuided,
            plan.Forward.Pool.TotalBytes,
            plan.Forward.Pool.Describe().Split('\n', StringSplitOptions.RemoveEmptyEntries),
            checkpoint.Warnings);
    }

    /// <summary>Looks at every weight of a diffusers directory; takes as long as reading the files.</summary>
    /// <param name="directory">The directory, with model_index.json.</param>
    /// <exception cref="ModelConfigException">A config or an index is missing or not usable.</exception>
    /// <exception cref="ModelFormatException">A value is NaN or infinite (the message names tensor and flat index), or a file is damaged.</exception>
    public static void CheckValues(string directory)
    {
        using WeightSource source = DiTPipelineConfig.Open(directory).OpenWeights();
        source.CheckValues();
    }
}
