using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.Tests.Hostile;

/// <summary>Model directories that contradict themselves: lines 46 to 62 of the list of bad inputs, where there are such files yet.</summary>
internal static class DirectoryTable
{
    private const string First = "pos_embed.proj.weight";
    /// <summary>As they stand in JSON.</summary>
    private static readonly string[] OutsideNames =
        ["/etc/passwd", "..\\\\x", "C:x", "../x.safetensors", "sub/x", "..", ".", "", "a\\nb", "nul\\u0000", "\\u001b[2J"];

    private static readonly string Deep = $"{{\"a\":{new string('[', 10_000)}{new string(']', 10_000)}}}";
    private static readonly string[] JsonFiles = [TinyModel.Index, TinyModel.Config, TinyModel.Scheduler, TinyModel.ShardIndex];

    /// <summary>Directories that end in a <see cref="ModelConfigException"/>.</summary>
    public static IEnumerable<HostileCase<Action<TinyModel>>> Configs =>
        [.. JsonFiles.SelectMany(Damaged), .. Names, .. Outside, .. Shards, .. Fields, .. Contradictions, .. Schedulers];

    /// <summary>Directories that end in a <see cref="ModelFormatException"/>.</summary>
    public static IEnumerable<HostileCase<Action<TinyModel>>> Formats { get; } =
    [
        new("57", "weights of a type that the engine lacks", Unsupported, "\"proj_out_2.bias\" has dtype C64", "not supported"),
        new(
            "61",
            "pickle given as safetensors",
            m => m.Write(TinyModel.Weights, [0x80, 2, .. new byte[100]]),
            "this is a pickle checkpoint; convert first"),
        new("61b", "ZIP given as safetensors", m => m.Write(TinyModel.Weights, [.. "PK\x03\x04"u8, .. new byte[100]]), "this is a pickle checkpoint"),
        new("61c", "only a pickle", OnlyPickle, "diffusion_pytorch_model.bin", "this is a pickle checkpoint; convert first"),
        new("62", "GGUF given as safetensors", m => m.Write(TinyModel.Weights, [.. "GGUF\x03\0\0\0"u8, .. new byte[100]]), "GGUF is not supported"),
        new("1", "empty weights", m => m.Write(TinyModel.Weights, ""), "file is 0 bytes; at least 8 needed"),
        new(
            "1b",
            "a shard that is cut off",
            m => { m.Shard(); m.Write("transformer/s-2.safetensors", "short"); },
            "s-2.safetensors: file is 5 bytes"),
    ];

    /// <summary>Directories that load with a warning.</summary>
    public static IEnumerable<HostileCase<Action<TinyModel>>> Loaded { get; } =
    [
        new("51", "wrong total_size", m => m.Shard(totalSize: "99"), "total_size is 99, the tensors have"),
        new("51b", "total_size 1e400", m => m.Shard(totalSize: "1e400"), "total_size is"),
        new("54", "an unexpected tensor", m => m.Change(t => t, SafetensorsTensor.FromSingles("e\n", [1f], 1)), "1 unexpected tensors", "\"e\\n\""),
    ];

    private static readonly HostileCase<Action<TinyModel>>[] Names =
    [
        new("47", "pipeline class missing", m => m.Set(TinyModel.Index, "_class_name", null), TinyModel.Index, "_class_name is missing"),
        new("47b", "pipeline class a number", m => m.Set(TinyModel.Index, "_class_name", "7"), "_class_name is 7"),
        new("47c", "class name no Unicode", m => m.Set(TinyModel.Index, "_class_name", "\"\\ud800\""), "_class_name is no valid Unicode"),
        new("47d", "label no Unicode", m => m.Set(TinyModel.Index, "id2label", "{\"0\":\"\\udfff\"}"), "id2label is no valid Unicode"),
        new("47e", "label's id no Unicode", m => m.Set(TinyModel.Index, "id2label", "{\"\\udfff\":\"a\"}"), TinyModel.Index, "Unicode"),
        new(
            "56",
            "unknown network",
            m => m.Set(TinyModel.Config, "_class_name", "\"Zebra\""),
            TinyModel.Config,
            "unsupported model class \"Zebra\"",
            "known: DiT"),
        new(
            "56b",
            "unknown pipeline",
            m => m.Set(TinyModel.Index, "_class_name", "\"Zebra\""),
            "unsupported model class \"Zebra\"",
            "known: DiTPipeline"),
        new("56c", "unknown scheduler", m => m.Set(TinyModel.Scheduler, "_class_name", "\"Zebra\""), TinyModel.Scheduler, "\"Zebra\"", "known: DDPM"),
        new("56d", "class of 1 MB", m => m.Set(TinyModel.Config, "_class_name", Quote(new string('Z', 1_000_000))), "unsupported model class \"ZZZ"),
        new("56e", "class that steers a terminal", m => m.Set(TinyModel.Config, "_class_name", "\"\\u001b[2J\""), "\"\\u001b[2J\""),
        new("56f", "norm of another family", m => m.Set(TinyModel.Config, "norm_type", "\"layer_norm\""), "norm_type ada_norm_zero"),
    ];

    private static readonly HostileCase<Action<TinyModel>>[] Outside =
    [
        .. OutsideNames.Select((name, i) => new HostileCase<Action<TinyModel>>(
            Sibling(48, i),
            $"shard named {name.Replace("\\", "'", StringComparison.Ordinal)}",
            m => OneShard(m, name),
            "shard outside model directory: \"")),
        new("48m", "weights linked outside", m => m.MoveOut(TinyModel.Weights), "outside model directory"),
        new(
            "48n",
            "shard linked outside",
            m => { m.Shard(); m.MoveOut("transformer/s-2.safetensors"); },
            "shard outside model directory: \"s-2.safetensors\""),
        new("48o", "network's folder linked outside", m => m.MoveOut("transformer"), "outside model directory"),
        new("48p", "config linked outside", m => m.MoveOut(TinyModel.Config), TinyModel.Config, "outside model directory"),
        new("48q", "scheduler linked outside", m => m.MoveOut(TinyModel.Scheduler), TinyModel.Scheduler, "outside model directory"),
        new("48r", "index linked outside", m => m.MoveOut(TinyModel.Index), TinyModel.Index, "outside model directory"),
        new("48s", "links in a circle", Circle, "cannot be resolved"),
        new("48t", "shard's name of 1 MB", m => OneShard(m, new string('s', 1_000_000)), "shard outside model directory: \"sss"),
    ];

    private static readonly HostileCase<Action<TinyModel>>[] Shards =
    [
        new("49", "absent shard", m => { m.Shard(); File.Delete(m.Path("transformer/s-2.safetensors")); }, "shard 2 of 3 missing: s-2.safetensors"),
        new("50", "tensor in another shard", m => m.Shard(map => map[First] = "s-3.safetensors"), $"tensor \"{First}\" is in shard s-1.safetensors"),
        new("50b", "tensor in two shards", InTwoShards, $"tensor \"{First}\" is in two shards: s-1.safetensors and s-3.safetensors"),
        new("50c", "tensor in no shard", m => m.Shard(map => map["ghost"] = "s-3.safetensors"), "tensor \"ghost\" is in none of the shards"),
        new("50d", "no weight_map", m => WriteIndex(m, "{}"), "weight_map is missing"),
        new(
            "50e",
            "weight_map a list",
            m => WriteIndex(m, "{\"weight_map\":[]}"),
            "weight_map is missing or no object"),
        new(
            "50f",
            "shard a number",
            m => WriteIndex(m, "{\"weight_map\":{\"a\":1}}"),
            "weight_map[\"a\"] must be a file name"),
        new("50g", "shard no Unicode", m => OneShard(m, "\\ud800"), "not valid Unicode"),
        new("50h", "2000 shards", m => m.Shard(Many), "weight_map names more than 1000 shards"),
        new(
            "50i",
            "no weights at all",
            m => File.Delete(m.Path(TinyModel.Weights)),
            "no weights found; looked for diffusion_pytorch_model.safetensors"),
    ];

    private static readonly HostileCase<Action<TinyModel>>[] Fields =
    [
        .. new[]
        {
            ("num_attention_heads", "0"), ("num_attention_heads", "-1"), ("num_attention_heads", "1025"), ("num_attention_heads", "\"two\""),
            ("attention_head_dim", "0"), ("attention_head_dim", "129"), ("num_layers", "-1"), ("num_layers", "0"), ("num_layers", "1000000000"),
            ("num_layers", "1.5"), ("num_layers", "1e999"), ("num_layers", "[2]"), ("patch_size", "0"), ("patch_size", "65"), ("in_channels", "0"),
            ("out_channels", "-3"), ("sample_size", "0"), ("sample_size", "99999999999999999999"), ("num_embeds_ada_norm", "0"), ("norm_eps", "-1"),
            ("norm_eps", "NaN"), ("norm_eps", "Infinity"), ("norm_eps", "\"1e-5\""), ("activation_fn", "\"relu\""), ("attention_bias", "1"),
            ("norm_elementwise_affine", "true"),
        }.Select((field, i) => new HostileCase<Action<TinyModel>>(
            Sibling(52, i),
            $"{field.Item1} {field.Item2}",
            m => m.Set(TinyModel.Config, field.Item1, field.Item2),
            TinyModel.Config,
            $"{field.Item1} is ",
            "allowed: ")),
    ];

    private static readonly HostileCase<Action<TinyModel>>[] Contradictions =
    [
        new("53", "one layer more than the file", m => m.Set(TinyModel.Config, "num_layers", "3"), "missing transformer_blocks.2."),
        new("53b", "a tensor is missing", m => m.Change(t => t.Name == First ? null : t), $"missing {First}"),
        new("55", "head_dim of another model", m => m.Set(TinyModel.Config, "attention_head_dim", "16"), "expected [32", "found [16"),
        new("55b", "more classes than the table", m => m.Set(TinyModel.Config, "num_embeds_ada_norm", "9"), "expected [10, 16] found [4, 16]"),
        new("55c", "fewer classes than the table", m => m.Set(TinyModel.Config, "num_embeds_ada_norm", "1"), "expected [2, 16] found [4, 16]"),
        new("55d", "two output channels", m => m.Set(TinyModel.Config, "out_channels", "2"), "proj_out_2.weight: expected [8, 16] found [4, 16]"),
        new("55e", "the widest model there is", Largest, "expected ["),
        new("55f", "a scalar for a matrix", m => m.Change(t => t.Name == First ? SafetensorsTensor.FromSingles(First, [1f]) : t), "found []"),
    ];

    private static readonly HostileCase<Action<TinyModel>>[] Schedulers =
    [
        .. new[]
        {
            ("num_train_timesteps", "0"), ("num_train_timesteps", "-5"), ("num_train_timesteps", "1e9"),
            ("beta_end", "0.00001"), ("beta_start", "NaN"),
            ("prediction_type", "\"wild\""), ("beta_schedule", "\"cubic\""), ("timestep_spacing", "7"), ("trained_betas", "[0.5]"),
            ("trained_betas", "{}"), ("steps_offset", "-1"), ("clip_sample", "\"yes\""), ("thresholding", "true"),
        }.Select((field, i) => new HostileCase<Action<TinyModel>>(
            Sibling(59, i),
            $"{field.Item1} {field.Item2}",
            m => m.Set(TinyModel.Scheduler, field.Item1, field.Item2),
            TinyModel.Scheduler,
            field.Item1,
            "allowed: ")),
    ];

    /// <summary>Every JSON file of a model, damaged in the same ways.</summary>
    private static IEnumerable<HostileCase<Action<TinyModel>>> Damaged(string file)
    {
        bool isShard = file == TinyModel.ShardIndex;
        (string Name, Action<TinyModel> Make, string Says)[] ways =
        [
            ("empty", m => m.Write(file, ""), "not valid JSON: file is 0 bytes"),
            ("not JSON", m => m.Write(file, "hello"), "not valid JSON"),
            ("cut off", m => m.Write(file, "{\"_class_name\": "), "not valid JSON"),
            ("an array", m => m.Write(file, "[]"), "the root must be a JSON object, found an array"),
            ("null", m => m.Write(file, "null"), "the root must be a JSON object, found null"),
            ("NULs", m => m.Write(file, new byte[100]), "not valid JSON"),
            ("no UTF-8", m => m.Write(file, [.. "{\"a\":\""u8, 0xFF, .. "\"}"u8]), "not valid JSON"),
            ("nested 10,000 deep", m => m.Write(file, Deep), "not valid JSON"),
            ("duplicate field", m => m.Write(file, "{\"a\":1,\"a\":2}"), "not valid JSON"),
            ("duplicate field, one escaped", m => m.Write(file, "{\"a\":1,\"\\u0061\":2}"), "not valid JSON"),
            ("trailing comma", m => m.Write(file, "{\"a\":1,}"), "not valid JSON"),
            ("two objects", m => m.Write(file, "{}{}"), "not valid JSON"),
            ("comment", m => m.Write(file, "{/**/}"), "not valid JSON"),
            ("above the limit", m => Enlarge(m.Path(file), isShard), isShard ? "allowed: up to 100000000" : "allowed: up to 16000000"),
            ("a folder", m => MakeFolder(m.Path(file)), isShard ? "no weights found" : "cannot be read"),
            ("a pipe", m => Pipe(m.Path(file)), "not valid JSON: file is 0 bytes, or no regular file"),
            ("a link to itself", m => LinkToItself(m.Path(file)), ""),
            ("missing", m => File.Delete(m.Path(file)), isShard ? "no weights found" : "file is missing"),
        ];
        foreach ((string name, Action<TinyModel> make, string says) in ways)
        {
            Action<TinyModel> damage = m =>
            {
                if (isShard) m.Shard();
                make(m);
            };
            string folder = Path.GetDirectoryName(file)!;
            yield return new HostileCase<Action<TinyModel>>("46", $"{file}: {name}", damage, folder.Length > 0 ? folder : file, says);
        }
    }

    private static string Sibling(int line, int index) => index == 0 ? $"{line}" : $"{line}{"abcdefghijklmnopqrstuvwxyz"[index % 26]}";

    private static string Quote(string text) => $"\"{text}\"";

    private static void OneShard(TinyModel model, string jsonName) =>
        WriteIndex(model, $"{{\"weight_map\":{{\"{First}\":\"{jsonName}\"}}}}");

    private static void WriteIndex(TinyModel model, string json)
    {
        model.Shard();
        model.Write(TinyModel.ShardIndex, json);
    }

    private static void InTwoShards(TinyModel model)
    {
        model.Shard();
        File.Copy(model.Path("transformer/s-1.safetensors"), model.Path("transformer/s-3.safetensors"), overwrite: true);
    }

    private static void Many(Dictionary<string, string> map)
    {
        for (int i = 0; i < 2000; i++) map[$"t{i}"] = $"m-{i}.safetensors";
    }

    private static void Circle(TinyModel model)
    {
        OneShard(model, "other.safetensors");
        File.CreateSymbolicLink(model.Path("transformer/other.safetensors"), "third.safetensors");
        File.CreateSymbolicLink(model.Path("transformer/third.safetensors"), "other.safetensors");
    }

    private static void OnlyPickle(TinyModel model)
    {
        File.Delete(model.Path(TinyModel.Weights));
        model.Write("transformer/diffusion_pytorch_model.bin", "pickled");
    }

    private static void Unsupported(TinyModel model)
    {
        const string name = "proj_out_2.bias";
        model.Change(tensor => tensor.Name == name ? new SafetensorsTensor(name, DType.I64, [4], new byte[32]) : tensor);
        byte[] file = File.ReadAllBytes(model.Path(TinyModel.Weights));
        file[file.AsSpan().IndexOf("\"I64\""u8) + 1] = (byte)'C';
        model.Write(TinyModel.Weights, file);
    }

    private static void Largest(TinyModel model)
    {
        foreach ((string field, string value) in new[]
                 {
                     ("num_attention_heads", "1024"), ("attention_head_dim", "128"), ("num_layers", "100"), ("in_channels", "4096"),
                     ("out_channels", "8192"), ("patch_size", "4"), ("num_embeds_ada_norm", "10000000"),
                 })
            model.Set(TinyModel.Config, field, value);
    }

    private static void MakeFolder(string path)
    {
        File.Delete(path);
        Directory.CreateDirectory(path);
    }

    private static void LinkToItself(string path)
    {
        File.Delete(path);
        File.CreateSymbolicLink(path, path);
    }

    private static void Enlarge(string path, bool isShard)
    {
        using FileStream stream = new(path, FileMode.Create);
        stream.SetLength(isShard ? 100_000_001 : 16_000_001);
    }

    private static void Pipe(string path)
    {
        File.Delete(path);
        if (!Pipes.TryMake(path)) File.WriteAllText(path, "");
    }
}
