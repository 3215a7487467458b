using System.Text.Json.Nodes;
using Ditto.Safetensors;
using Ditto.Tests.Safetensors;

namespace Ditto.Tests.Hostile;

/// <summary>A whole diffusers directory of some kilobytes, good until damaged: two blocks of two heads of 8, 4 x 4 latents, 3 classes.</summary>
public sealed class TinyModel : IDisposable
{
    public const string Index = "model_index.json";
    public const string Config = "transformer/config.json";
    public const string Scheduler = "scheduler/scheduler_config.json";
    public const string Weights = "transformer/diffusion_pytorch_model.safetensors";
    public const string ShardIndex = "transformer/diffusion_pytorch_model.safetensors.index.json";

    public const string IndexText =
        """{"_class_name":"DiTPipeline","id2label":{"0":"cat","1":"dog, hound","2":"none"},"scheduler":["d","D"],"vae":[null,null]}""";
    public const string ConfigText =
        """
        {"_class_name":"DiTTransformer2DModel","activation_fn":"gelu-approximate","attention_bias":true,"attention_head_dim":8,"in_channels":1,
        "norm_eps":1e-06,"norm_type":"ada_norm_zero","num_attention_heads":2,"num_embeds_ada_norm":3,"num_layers":2,"out_channels":1,
        "patch_size":2,"sample_size":4}
        """;
    public const string SchedulerText =
        """
        {"_class_name":"DDIMScheduler","beta_end":0.02,"beta_schedule":"linear","beta_start":0.0001,"clip_sample":false,
        "num_train_timesteps":100,"prediction_type":"epsilon","steps_offset":0,"timestep_spacing":"leading","trained_betas":null}
        """;

    private const int Width = 16;
    private readonly TemporaryFolder folder = new();

    public TinyModel(float scale = 0.1f)
    {
        folder.Write("model/" + Index, IndexText);
        folder.Write("model/" + Config, ConfigText);
        folder.Write("model/" + Scheduler, SchedulerText);
        SafetensorsWriter.Write(Path(Weights), Tensors(scale));
    }

    /// <summary>The model's directory; what lies beside it is outside of the model.</summary>
    public string Directory => folder.Path("model");

    public string Outside(string name) => folder.Path(name);

    public string Path(string name) => System.IO.Path.Combine(Directory, name);

    public void Write(string name, string text) => folder.Write("model/" + name, text);

    public void Write(string name, byte[] bytes) => folder.Write("model/" + name, bytes);

    /// <summary>Puts a raw JSON value into a field of a file, or takes the field out.</summary>
    public void Set(string name, string field, string? json)
    {
        string text = File.ReadAllText(Path(name));
        JsonObject root = JsonNode.Parse(text)!.AsObject();
        root.Remove(field);
        string rest = root.ToJsonString();
        Write(name, json is null ? rest : $"{rest[..^1]},\"{field}\":{json}}}");
    }

    /// <summary>Replaces a file or folder by a link to a copy of it that lies outside of the model.</summary>
    public void MoveOut(string name)
    {
        string outside = Outside("moved-" + System.IO.Path.GetFileName(name)), path = Path(name);
        if (System.IO.Directory.Exists(path))
        {
            System.IO.Directory.Move(path, outside);
            System.IO.Directory.CreateSymbolicLink(path, outside);
            return;
        }
        File.Move(path, outside);
        File.CreateSymbolicLink(path, outside);
    }

    /// <summary>Rewrites the weights.</summary>
    public void Change(Func<SafetensorsTensor, SafetensorsTensor?> change, params SafetensorsTensor[] more) =>
        SafetensorsWriter.Write(Path(Weights), [.. Tensors(0.1f).Select(change).OfType<SafetensorsTensor>(), .. more]);

    /// <summary>Splits the weights into three shards; the index may then be told otherwise.</summary>
    public void Shard(Action<Dictionary<string, string>>? change = null, string? totalSize = null)
    {
        SafetensorsTensor[] tensors = [.. Tensors(0.1f)];
        Dictionary<string, string> map = [];
        for (int shard = 1; shard <= 3; shard++)
        {
            SafetensorsTensor[] part = [.. tensors.Where((_, i) => i % 3 == shard - 1)];
            foreach (SafetensorsTensor tensor in part) map[tensor.Name] = $"s-{shard}.safetensors";
            SafetensorsWriter.Write(Path($"transformer/s-{shard}.safetensors"), part);
        }
        File.Delete(Path(Weights));
        change?.Invoke(map);
        JsonObject entries = new(map.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)JsonValue.Create(entry.Value))));
        string size = totalSize ?? tensors.Sum(tensor => tensor.Bytes.Length).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Write(ShardIndex, $"{{\"metadata\":{{\"total_size\":{size}}},\"weight_map\":{entries.ToJsonString()}}}");
    }

    public void Dispose() => folder.Dispose();

    private static List<SafetensorsTensor> Tensors(float scale)
    {
        const int h = Width;
        Random random = new(1);
        List<SafetensorsTensor> tensors = [Make("pos_embed.proj.weight", h, 1, 2, 2), Make("pos_embed.proj.bias", h)];
        for (int block = 0; block < 2; block++)
        {
            string name = $"transformer_blocks.{block}.", embedder = name + "norm1.emb.";
            Pair(embedder + "timestep_embedder.linear_1", h, 256);
            Pair(embedder + "timestep_embedder.linear_2", h, h);
            tensors.Add(Make(embedder + "class_embedder.embedding_table.weight", 4, h));
            Pair(name + "norm1.linear", 6 * h, h);
            foreach (string layer in new[] { "to_q", "to_k", "to_v", "to_out.0" }) Pair($"{name}attn1.{layer}", h, h);
            Pair(name + "ff.net.0.proj", 4 * h, h);
            Pair(name + "ff.net.2", h, 4 * h);
        }
        Pair("proj_out_1", 2 * h, h);
        Pair("proj_out_2", 4, h);
        return tensors;

        void Pair(string name, int rows, int columns) => tensors.AddRange([Make(name + ".weight", rows, columns), Make(name + ".bias", rows)]);

        SafetensorsTensor Make(string name, params long[] shape)
        {
            float[] values = new float[shape.Aggregate(1L, (product, length) => product * length)];
            for (int i = 0; i < values.Length; i++) values[i] = scale * ((2 * random.NextSingle()) - 1);
            return SafetensorsTensor.FromSingles(name, values, shape);
        }
    }
}
