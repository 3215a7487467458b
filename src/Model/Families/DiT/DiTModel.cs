using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Safetensors;

namespace Ditto.Families.DiT;

/// <summary>
/// The weights of a class-conditional DiT on a device: immutable after loading, shared by any number of sessions and threads.
/// Source: diffusers <c>DiTTransformer2DModel</c>; its tensor names are kept in <see cref="DiTCheckpoint"/>.
/// </summary>
public sealed class DiTModel : IDisposable
{
    /// <summary>Channels of the sinusoidal timestep embedding.</summary>
    internal const int SinusoidSize = 256;

    private readonly WeightStore store;

    private DiTModel(DiTConfig config, Device device, DType storedType, WeightStore store, DiTCheckpoint checkpoint)
    {
        Config = config;
        StoredDType = storedType;
        Device = device;
        this.store = store;
        PatchWeight = store[checkpoint.PatchWeight].Reshape(config.HiddenSize, config.PatchInput);
        PatchBias = store[checkpoint.PatchBias];
        OutputWeight = store[checkpoint.OutputWeight];
        OutputBias = store[checkpoint.OutputBias];
        Blocks = checkpoint.BlockWeights(store);
        Embedders = checkpoint.Embedders(store);
    }

    /// <summary>The model's config.</summary>
    public DiTConfig Config { get; }

    /// <summary>Where the weights are.</summary>
    public Device Device { get; }

    /// <summary>Storage of weights and activations: F32, BF16 or F16.</summary>
    public DType DType => store.DType;

    /// <summary>Bytes of the weights on the device.</summary>
    public long WeightBytes => store.TotalBytes;

    /// <summary>Type of the weights in the checkpoint.</summary>
    internal DType StoredDType { get; }

    internal Tensor PatchWeight { get; }

    internal Tensor PatchBias { get; }

    internal Tensor OutputWeight { get; }

    internal Tensor OutputBias { get; }

    internal DiTBlockWeights[] Blocks { get; }

    internal DiTEmbedder[] Embedders { get; }

    /// <summary>Loads <c>config.json</c> and the (sharded) safetensors beside it.</summary>
    /// <param name="directory">The <c>transformer</c> folder of a diffusers directory.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="type">Storage of weights and activations: F32, BF16 or F16; files of another type are converted.</param>
    /// <param name="progress">Is told of every tensor.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    /// <exception cref="ModelConfigException">The config is unusable, or a tensor is missing or has another shape.</exception>
    /// <exception cref="ModelFormatException">A weight file is damaged.</exception>
    /// <exception cref="DeviceException">The device refused, for example for lack of memory.</exception>
    public static DiTModel Load(
        string directory, Device device, DType type, IProgress<LoadUpdate>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        DiTConfig config = DiTConfig.Load(Path.Combine(directory, "config.json"));
        using WeightSource source = WeightSource.Open(directory);
        DiTCheckpoint checkpoint = new(config, DiTCheckpoint.EmbeddersAreEqual(config, source));
        WeightStore store = checkpoint.CreateStore(type);
        try
        {
            store.Load(device, source, progress, cancellation);
            return new DiTModel(config, device, source[DiTCheckpoint.PatchWeightName].DType, store, checkpoint);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Frees the weights. Sessions must be disposed before.</summary>
    public void Dispose() => store.Dispose();
}
