using Ditto.Configuration;
using static System.FormattableString;

namespace Ditto.Safetensors;

/// <summary>The weights of one network in several safetensors files, named by an index (NAME.safetensors.index.json).</summary>
public sealed class ShardedSafetensors : WeightSource
{
    private readonly SafetensorsFile[] shards;
    private readonly Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);
    private readonly List<string> warnings = [];

    private ShardedSafetensors(string location, SafetensorsFile[] shards)
        : base(location) => this.shards = shards;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Tensors => tensors;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => shards.Length > 0 ? shards[0].Metadata : new Dictionary<string, string>();

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => warnings;

    /// <summary>Paths of the shards, in the order of their names.</summary>
    public IReadOnlyList<string> Shards => [.. shards.Select(shard => shard.Location)];

    /// <summary>Opens an index and every shard that it names.</summary>
    /// <param name="indexPath">Path of the index; the shards lie beside it.</param>
    /// <param name="access">How the tensors' bytes are reached.</param>
    /// <exception cref="ModelConfigException">
    /// The index is missing or not good, names a file outside of its directory or one that is missing, or a tensor does not lie where it says.
    /// </exception>
    /// <exception cref="ModelFormatException">A shard is no good safetensors file.</exception>
    public static ShardedSafetensors Open(string indexPath, SafetensorsAccess access = SafetensorsAccess.Read)
    {
        SafetensorsIndex index = SafetensorsIndex.Read(indexPath);
        string directory = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        string[] names = [.. index.WeightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        List<SafetensorsFile> opened = [];
        try
        {
            string[] paths = [.. names.Select(name => ModelPath.Resolve(directory, name))];
            for (int i = 0; i < names.Length; i++)
            {
                if (!File.Exists(paths[i]))
                    throw new ModelConfigException(indexPath, $"shard {i + 1} of {names.Length} missing: {Quoted.Path(names[i])}");
                opened.Add(SafetensorsFile.Open(paths[i], access));
            }
            ShardedSafetensors source = new(indexPath, [.. opened]);
            source.Collect(index, names);
            return source;
        }
        catch
        {
            opened.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (SafetensorsFile shard in shards)
            shard.Dispose();
    }

    private void Collect(SafetensorsIndex index, string[] names)
    {
        Dictionary<string, int> found = new(StringComparer.Ordinal);
        int extraCount = 0;
        for (int i = 0; i < shards.Length; i++)
        {
            foreach (string name in shards[i].Tensors.Keys)
            {
                if (!found.TryAdd(name, i))
                {
                    string both = $"{Quoted.Path(names[found[name]])} and {Quoted.Path(names[i])}";
                    throw new ModelConfigException(Location, $"tensor {Quoted.Text(name)} is in two shards: {both}");
                }
                if (!index.WeightMap.ContainsKey(name))
                    extraCount++;
            }
        }
        foreach ((string name, string shard) in index.WeightMap)
        {
            bool isFound = found.TryGetValue(name, out int at);
            string place = isFound ? $"shard {Quoted.Path(names[at])}" : "none of the shards";
            if (!isFound || names[at] != shard)
                throw new ModelConfigException(Location, $"tensor {Quoted.Text(name)} is in {place}; the index says {Quoted.Path(shard)}");
            tensors.Add(name, shards[at].Tensors[name]);
        }
        if (extraCount > 0)
            warnings.Add($"{Quoted.Path(Location)}: the shards hold {extraCount} tensors that the index does not name; they are left out");
        if (index.TotalByteCount is { } total && total != ByteCount)
            warnings.Add(Invariant($"{Quoted.Path(Location)}: total_size is {total}, the tensors have {ByteCount} bytes"));
    }
}
