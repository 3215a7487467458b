using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.Layers;

/// <summary>
/// All weights of a model in one device allocation, each marked read-mostly: an entry is made of one or more tensors of the checkpoint, stacked
/// along the first dimension and converted on the device to one storage type, or quantised there: values, then scales.
/// </summary>
internal sealed class WeightStore(DType type) : IDisposable
{
    private const int Alignment = 256;
    private readonly List<(long[] Shape, WeightPart[] Parts, long Offset, WeightStorage Storage)> entries = [];
    private DeviceMemory? memory;

    /// <summary>Storage of every weight: F32, BF16 or F16.</summary>
    public DType DType => type;

    /// <summary>Bytes of the one allocation.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>An entry, after <see cref="Load"/>.</summary>
    public Tensor this[int index] => Memory.View(type, entries[index].Offset, entries[index].Shape);

    private DeviceMemory Memory => memory ?? throw new InvalidOperationException("the weights are not loaded");

    /// <summary>Declares an entry; its index counts from 0.</summary>
    /// <param name="shape">Shape of the weights; two lengths where they are kept in int8.</param>
    /// <param name="storage">How they are kept.</param>
    /// <param name="parts">The checkpoint's tensors, in the order in which they follow each other.</param>
    public void Add(long[] shape, WeightStorage storage, params WeightPart[] parts)
    {
        entries.Add((shape, parts, TotalBytes, storage));
        bool isInt8 = storage == WeightStorage.Int8;
        TotalBytes += isInt8 ? Aligned(Int8Bytes(shape)) + Aligned(shape[0] * sizeof(float)) : Aligned(Count(shape) * type.ByteSize());
    }

    /// <summary>A linear layer of two entries, after <see cref="Load"/>.</summary>
    /// <param name="weight">The weight's entry, kept in either way.</param>
    /// <param name="bias">The bias's, or -1 for none.</param>
    public LinearWeight Linear(int weight, int bias)
    {
        Tensor added = bias < 0 ? default : this[bias];
        return entries[weight].Storage == WeightStorage.Int8 ? Int8(weight) with { Bias = added } : new LinearWeight(this[weight], added);
    }

    /// <summary>Allocates and fills all entries.</summary>
    /// <exception cref="ModelConfigException">A tensor is missing, has another shape or a type that weights cannot have.</exception>
    public void Load(Device device, WeightSource source, IProgress<LoadUpdate>? progress, CancellationToken cancellation)
    {
        Check(source);
        memory = device.Allocate(TotalBytes, "memory for the weights", "bf16 or f16 storage (half of f32), or a device with more memory");
        using WeightUpload upload = new(device, source);
        for (int i = 0; i < entries.Count; i++)
        {
            long done = 0, end = i + 1 < entries.Count ? entries[i + 1].Offset : TotalBytes;
            foreach (WeightPart part in entries[i].Parts)
            {
                cancellation.ThrowIfCancellationRequested();
                done += Write(upload, i, done, part);
                progress?.Report(new LoadUpdate(part.Name, end, TotalBytes));
            }
        }
        upload.Finish();
        for (int i = 0; i < entries.Count; i++)                    // one by one: a device may prepare each as a whole
        {
            bool isInt8 = entries[i].Storage == WeightStorage.Int8;
            device.MarkReadMostly(isInt8 ? Int8(i).Values : this[i]);
        }
    }

    /// <summary>Keeps the weights for a run that must not lose them midway: a disposed store is freed when the last hold has ended.</summary>
    /// <exception cref="ObjectDisposedException">The store is disposed.</exception>
    public IDisposable Hold() => new Holder(memory ?? throw new InvalidOperationException("the weights are not loaded"));

    /// <summary>Compares the declared shapes with a checkpoint's.</summary>
    /// <exception cref="ModelConfigException">A tensor is missing or has another shape.</exception>
    /// <exception cref="ModelFormatException">A tensor has a type that the engine lacks.</exception>
    public void Check(WeightSource source)
    {
        foreach (WeightPart part in entries.SelectMany(entry => entry.Parts)) _ = source.Get(part.Name, part.Shape).DType;
    }

    /// <summary>What is odd about a checkpoint that passed <see cref="Check"/>: the source's own warnings, and tensors that no entry takes.</summary>
    public IReadOnlyList<string> Warnings(WeightSource source)
    {
        HashSet<string> taken = new(entries.SelectMany(entry => entry.Parts).Select(part => part.Name), StringComparer.Ordinal);
        string[] extra = [.. source.Tensors.Keys.Where(name => !taken.Contains(name)).Take(1)];
        if (extra.Length == 0) return source.Warnings;
        int count = source.Tensors.Keys.Count(name => !taken.Contains(name));
        return [.. source.Warnings, $"{Quoted.Path(source.Location)}: {count} unexpected tensors are left out, the first is {Quoted.Text(extra[0])}"];
    }

    /// <inheritdoc/>
    public void Dispose() => memory?.Dispose();

    private sealed class Holder : IDisposable
    {
        private DeviceMemory? held;

        public Holder(DeviceMemory memory)
        {
            bool added = false;
            memory.DangerousAddRef(ref added);           // throws where it is closed
            held = memory;
        }

        public void Dispose() => Interlocked.Exchange(ref held, null)?.DangerousRelease();
    }

    /// <summary>Writes a part behind the elements of an entry that are there already.</summary>
    /// <returns>Elements written.</returns>
    private long Write(WeightUpload upload, int index, long done, WeightPart part)
    {
        if (entries[index].Storage != WeightStorage.Int8)
        {
            Tensor all = this[index].Reshape(-1);
            return upload.Write(all.Slice(0, done, all.ElementCount - done), part);
        }
        LinearWeight weight = Int8(index);
        long length = entries[index].Shape[1], row = done / length, rows = weight.Scales[0] - row;
        return upload.Quantize(weight.Values.Slice(0, row, rows), weight.Scales.Slice(0, row, rows), length, part);
    }

    private LinearWeight Int8(int index)
    {
        (long[] shape, _, long offset, _) = entries[index];
        Tensor values = Memory.View(DType.I8, offset, LinearWeight.Int8Rows(shape[0]), LinearWeight.Int8Length(shape[1]));
        return new LinearWeight(values, Scales: Memory.View(DType.F32, offset + Aligned(Int8Bytes(shape)), shape[0]));
    }

    private static long Int8Bytes(long[] shape) => LinearWeight.Int8Rows(shape[0]) * LinearWeight.Int8Length(shape[1]);

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static long Count(long[] shape) => shape.Aggregate(1L, (product, length) => checked(product * length));
}
