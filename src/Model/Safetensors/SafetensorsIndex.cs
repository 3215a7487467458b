using System.Text.Json;
using Ditto.Configuration;

namespace Ditto.Safetensors;

/// <summary>The content of a NAME.safetensors.index.json: which shard holds each tensor.</summary>
/// <param name="WeightMap">Shard's file name by tensor name. Untrusted: not yet checked to be a plain file name.</param>
/// <param name="TotalByteCount">metadata.total_size: the size of all tensors in bytes; null where the index does not say.</param>
public sealed record SafetensorsIndex(IReadOnlyDictionary<string, string> WeightMap, double? TotalByteCount)
{
    /// <summary>Largest number of shards that one index may name.</summary>
    public const int MaxShardCount = 1000;

    private const int MaxByteCount = 100_000_000;

    /// <summary>Reads an index.</summary>
    /// <param name="path">Path of the index.</param>
    /// <exception cref="ModelConfigException">The file is missing, is no JSON object, or has no good weight_map.</exception>
    public static SafetensorsIndex Read(string path) => From(path, ConfigFile.Read(path, MaxByteCount));

    /// <summary>Takes an index that is parsed already.</summary>
    /// <param name="path">Path or name of the index, for messages.</param>
    /// <param name="root">The index's root object.</param>
    /// <exception cref="ModelConfigException">It has no good weight_map.</exception>
    internal static SafetensorsIndex From(string path, JsonElement root)
    {
        if (!root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new ModelConfigException(path, "weight_map is missing or no object");
        Dictionary<string, string> weightMap = new(StringComparer.Ordinal);
        HashSet<string> shards = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            (string name, string? shard) = Decode(path, entry);
            if (shard is null)
                throw new ModelConfigException(path, $"weight_map[{Quoted.Text(name)}] must be a file name");
            if (shards.Add(shard) && shards.Count > MaxShardCount)
                throw new ModelConfigException(path, $"weight_map names more than {MaxShardCount} shards");
            weightMap.Add(name, shard);
        }
        return new SafetensorsIndex(weightMap, TotalSize(root));
    }

    private static (string Name, string? Shard) Decode(string path, JsonProperty entry)
    {
        try
        {
            return (entry.Name, entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null);
        }
        catch (InvalidOperationException)
        {
            throw new ModelConfigException(path, "weight_map holds text that is not valid Unicode");
        }
    }

    private static double? TotalSize(JsonElement root) =>
        root.TryGetProperty("metadata", out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("total_size", out JsonElement size) && size.ValueKind == JsonValueKind.Number
            ? size.GetDouble()
            : null;
}
