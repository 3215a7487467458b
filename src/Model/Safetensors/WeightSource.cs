using Ditto.Configuration;

namespace Ditto.Safetensors;

/// <summary>
/// The weights of one network, whether they lie in one safetensors file or in several shards. Immutable and safe for several threads;
/// the tensors' bytes are read when asked for.
/// </summary>
public abstract class WeightSource : IDisposable
{
    private protected WeightSource(string location) => Location = location;

    /// <summary>Path of the file or of the index that names the shards.</summary>
    public string Location { get; }

    /// <summary>The tensors by name.</summary>
    public abstract IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Free texts of the file; of the first shard where there are several. Untrusted.</summary>
    public abstract IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What is odd about the files but does not stop anybody from using them.</summary>
    public abstract IReadOnlyList<string> Warnings { get; }

    /// <summary>Size of all tensors in bytes.</summary>
    public long ByteCount => Tensors.Values.Sum(tensor => tensor.ByteCount);

    /// <summary>A tensor that must be there.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="ModelConfigException">There is no tensor of this name.</exception>
    public TensorEntry this[string name] => Tensors.TryGetValue(name, out TensorEntry? entry)
        ? entry
        : throw new ModelConfigException(Location, $"missing {Quoted.Path(name)}");

    /// <summary>A tensor that must be there and have a shape.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The lengths of its dimensions.</param>
    /// <exception cref="ModelConfigException">There is no tensor of this name, or it has another shape.</exception>
    public TensorEntry Get(string name, params ReadOnlySpan<long> shape)
    {
        TensorEntry entry = this[name];
        if (!entry.Shape.SequenceEqual(shape))
        {
            string expected = string.Join(", ", shape.ToArray()), found = string.Join(", ", entry.Shape.ToArray());
            throw new ModelConfigException(Location, $"{Quoted.Path(name)}: expected [{expected}] found [{found}]");
        }
        return entry;
    }

    /// <summary>
    /// Opens the weights of a model directory (for example "transformer") or a single file. Looked for, in this order:
    /// diffusion_pytorch_model or model, as NAME.safetensors, as NAME.safetensors.index.json with shards, then both with the variant "fp16".
    /// </summary>
    /// <param name="path">A directory, a .safetensors file or an index.</param>
    /// <param name="variant">The variant that must be taken, for example "fp16"; null takes the plain files, else those of "fp16".</param>
    /// <param name="access">How the bytes are reached.</param>
    /// <exception cref="ModelConfigException">There are no weights, or the index is not good.</exception>
    /// <exception cref="ModelFormatException">A file is not good.</exception>
    public static WeightSource Open(string path, string? variant = null, SafetensorsAccess access = SafetensorsAccess.Read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                ? ShardedSafetensors.Open(path, access)
                : SafetensorsFile.Open(path, access);
        }
        string name = WeightFiles.Find(path, variant);
        return name.EndsWith(".json", StringComparison.Ordinal)
            ? ShardedSafetensors.Open(ModelPath.Resolve(path, name), access)
            : SafetensorsFile.Open(ModelPath.Resolve(path, name), access);
    }

    /// <summary>Looks at every floating-point value.</summary>
    /// <exception cref="ModelFormatException">A value is NaN or infinite; the message names the first one.</exception>
    public void CheckValues()
    {
        foreach (TensorEntry tensor in Tensors.Values.Where(tensor => tensor.IsSupported))
            ValueCheck.Run(tensor);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
