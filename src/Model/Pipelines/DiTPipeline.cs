using Ditto.Configuration;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Safetensors;
using Ditto.Samplers;

namespace Ditto.Pipelines;

/// <summary>
/// A class-conditional DiT from a diffusers directory: weights, scheduler and class names. Immutable after loading and shared by any number of
/// sessions and threads. Source: diffusers <c>DiTPipeline</c>.
/// </summary>
public sealed class DiTPipeline : IDisposable
{
    private readonly DiTPipelineConfig description;
    private volatile bool disposed;

    private DiTPipeline(DiTPipelineConfig description, DiTModel transformer) => (this.description, Transformer) = (description, transformer);

    /// <summary>The network's weights.</summary>
    public DiTModel Transformer { get; }

    /// <summary>The network's config.</summary>
    public DiTConfig Config => Transformer.Config;

    /// <summary>Where the weights are.</summary>
    public Device Device => Transformer.Device;

    /// <summary>Storage of weights and activations.</summary>
    public DType DType => Transformer.DType;

    /// <summary>Storage of the blocks' matrices.</summary>
    public WeightStorage Weights => Transformer.Weights;

    /// <summary>Names of the classes by label (<c>id2label</c> of model_index.json); empty where the directory has none.</summary>
    public IReadOnlyDictionary<int, string> ClassNames => description.ClassNames;

    /// <summary>Whether pictures are made by decoding the latents with a VAE; where not, the latents are the pictures.</summary>
    public bool HasVae => description.HasVae;

    /// <summary>The sampler that the directory's scheduler config asks for.</summary>
    public string SamplerName => description.SamplerName;

    /// <summary>What is odd about the weight files but does not stop anybody from using them.</summary>
    public IReadOnlyList<string> Warnings => Transformer.Warnings;

    /// <summary>Loads model_index.json, transformer/ and scheduler/ of a diffusers directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="device">Where the weights go. The caller keeps and disposes it.</param>
    /// <param name="type">Storage of weights and activations: F32, BF16 or F16.</param>
    /// <param name="weights">Storage of the blocks' matrices.</param>
    /// <param name="progress">Is told of every tensor.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    /// <exception cref="ModelConfigException">A config is missing or not usable, or weights do not fit it.</exception>
    /// <exception cref="ModelFormatException">A weight file is damaged.</exception>
    /// <exception cref="DeviceException">The device refused, for example for lack of memory.</exception>
    public static DiTPipeline Load(
        string directory, Device device, DType type = DType.F32, WeightStorage weights = WeightStorage.AsActivations,
        IProgress<LoadUpdate>? progress = null, CancellationToken cancellation = default) =>
        Load(DiTPipelineConfig.Open(directory), device, type, weights, progress, cancellation);

    /// <summary>Loads the weights of a directory whose configs are read already.</summary>
    /// <param name="description">What the directory's configs say.</param>
    /// <param name="device">Where the weights go. The caller keeps and disposes it.</param>
    /// <param name="type">Storage of weights and activations: F32, BF16 or F16.</param>
    /// <param name="weights">Storage of the blocks' matrices.</param>
    /// <param name="progress">Is told of every tensor.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    /// <exception cref="ModelConfigException">Weights are missing or do not fit the config.</exception>
    /// <exception cref="ModelFormatException">A weight file is damaged.</exception>
    /// <exception cref="DeviceException">The device refused, for example for lack of memory.</exception>
    public static DiTPipeline Load(
        DiTPipelineConfig description,
        Device device,
        DType type = DType.F32,
        WeightStorage weights = WeightStorage.AsActivations,
        IProgress<LoadUpdate>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(description);
        string transformer = ModelPath.Within(description.Directory, "transformer");
        return new DiTPipeline(description, DiTModel.Load(transformer, device, type, weights, progress, cancellation));
    }

    /// <summary>A new place to generate in. It takes memory when it first generates.</summary>
    /// <exception cref="ObjectDisposedException">The pipeline or its device is disposed.</exception>
    public DiTSession CreateSession()
    {
        using (Hold()) return new DiTSession(this);
    }

    /// <summary>Frees the weights: at once, or when the generations that are running have ended. Sessions refuse to start new ones.</summary>
    public void Dispose()
    {
        disposed = true;
        Transformer.Dispose();
    }

    /// <summary>Keeps weights and device for a run, whoever disposes them meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The pipeline or its device is disposed.</exception>
    internal IDisposable Hold()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return Transformer.Hold();
    }

    /// <summary>The sampler of a checked request.</summary>
    /// <exception cref="RequestException">The sampler needs another kind of prediction, or more steps than the scheduler was trained on.</exception>
    internal ISampler CreateSampler(GenerationOptions options) => description.CreateSampler(options);
}
