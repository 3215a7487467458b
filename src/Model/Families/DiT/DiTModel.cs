using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Safetensors;
using static System.FormattableString;

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

    /// <summary>Storage of activations, and of weights as a rule: F32, BF16 or F16.</summary>
    public DType DType => store.DType;

    /// <summary>Storage of the blocks' matrices.</summary>
    public WeightStorage Weights { get; private init; }

    /// <summary>Bytes of the weights on the device.</summary>
    public long WeightBytes => store.TotalBytes;

    /// <summary>What is odd about the weight files but does not stop anybody from using them, for example tensors that no layer takes.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

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
    /// <param name="weights">Storage of the blocks' matrices.</param>
    /// <param name="progress">Is told of every tensor.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    /// <exception cref="ModelConfigException">The config is unusable, or a tensor is missing or has another shape.</exception>
    /// <exception cref="ModelFormatException">A weight file is damaged.</exception>
    /// <exception cref="DeviceException">The device refused, for example for lack of memory.</exception>
    public static DiTModel Load(
        string directory, Device device, DType type, WeightStorage weights = WeightStorage.AsActivations,
        IProgress<LoadUpdate>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        DiTConfig config = DiTConfig.Load(ModelPath.Within(directory, "config.json"));
        using WeightSource source = WeightSource.Open(directory);
        return Load(config, source, device, type, weights, progress, cancellation);
    }

    /// <summary>
    /// A model of random weights, for measurements: uniform, bounded by 1 / sqrt(fan-in), with one embedder in all blocks as in published
    /// checkpoints. The same config and seed give the same weights; they are made piece by piece on their way to the device.
    /// </summary>
    /// <param name="config">Sizes, for example of <see cref="DiTPresets"/>.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="type">Storage of weights and activations: F32, BF16 or F16.</param>
    /// <param name="weights">Storage of the blocks' matrices.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="progress">Is told of every tensor.</param>
    /// <param name="cancellation">Checked between tensors.</param>
    /// <exception cref="DeviceException">The device refused, for example for lack of memory.</exception>
    public static DiTModel CreateRandom(
        DiTConfig config, Device device, DType type, WeightStorage weights = WeightStorage.AsActivations, ulong seed = 0,
        IProgress<LoadUpdate>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(device);
        DiTCheckpoint checkpoint = new(config, sharedEmbedder: false);
        using RandomWeights source = new("random weights", checkpoint.Tensors, seed, DiTCheckpoint.SharedName);
        return Load(config, source, device, type, weights, progress, cancellation);
    }

    /// <summary>A place to run forward passes of one shape: its buffers, in one allocation.</summary>
    /// <param name="operations">Where the work is queued; of the model's device. The caller keeps and disposes it.</param>
    /// <param name="batch">Rows, both guidance branches counted; at least 1.</param>
    /// <param name="latentBatch">Distinct latents; batch is a multiple of it, row b reads latents b mod latentBatch.</param>
    /// <param name="height">Latent pixels, a multiple of the patch size.</param>
    /// <param name="width">Latent pixels, a multiple of the patch size.</param>
    /// <exception cref="ArgumentException">The shape is none that the model can run.</exception>
    /// <exception cref="DeviceException">The device has not enough memory.</exception>
    public DiTForward CreateForward(Operations operations, int batch, int latentBatch, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(operations);
        int patch = Config.PatchSize;
        if (latentBatch < 1 || batch < 1 || batch % latentBatch != 0)
            throw new ArgumentException(Invariant($"{batch} rows of {latentBatch} latents: expected a multiple of at least 1"), nameof(batch));
        if (height < 1 || width < 1 || height % patch != 0 || width % patch != 0)
            throw new ArgumentException(Invariant($"latents are {height} x {width}: expected multiples of the patch size {patch}"), nameof(height));
        return new DiTForward(this, operations, new DiTPlan(Config, new DiTShape(batch, latentBatch, height, width, DType, Weights)));
    }

    private static DiTModel Load(
        DiTConfig config, WeightSource source, Device device, DType type, WeightStorage weights, IProgress<LoadUpdate>? progress,
        CancellationToken cancellation)
    {
        DiTCheckpoint checkpoint = DiTCheckpoint.Match(config, source);
        WeightStore store = checkpoint.CreateStore(type, weights);
        try
        {
            store.Load(device, source, progress, cancellation);
            DType stored = source[DiTCheckpoint.PatchWeightName].DType;
            return new DiTModel(config, device, stored, store, checkpoint) { Warnings = checkpoint.Warnings, Weights = weights };
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Frees the weights: at once, or when the last generation that reads them has ended.</summary>
    public void Dispose() => store.Dispose();

    /// <summary>Keeps weights and device for a run, whoever disposes them meanwhile.</summary>
    /// <returns>Ends the hold when it is disposed.</returns>
    /// <exception cref="ObjectDisposedException">The model or its device is disposed.</exception>
    internal IDisposable Hold() => new Holder(Device.Hold(), store);

    private sealed class Holder : IDisposable
    {
        private readonly IDisposable device, weights;

        public Holder(IDisposable device, WeightStore store)
        {
            this.device = device;
            try
            {
                weights = store.Hold();
            }
            catch
            {
                device.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            weights.Dispose();
            device.Dispose();
        }
    }
}
