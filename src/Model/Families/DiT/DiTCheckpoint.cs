using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Safetensors;
using static System.FormattableString;

namespace Ditto.Families.DiT;

/// <summary>
/// The map from diffusers' tensor names to the tensors that run: q, k and v stacked, all modulations stacked, and one embedder where the
/// checkpoint's 28 copies are equal (published ones are), which saves their memory and 27 of 28 small products a step.
/// </summary>
internal sealed class DiTCheckpoint
{
    /// <summary>The patch embedding's weight: the first tensor of every DiT.</summary>
    public const string PatchWeightName = "pos_embed.proj.weight";

    private readonly DiTConfig config;
    private readonly List<(long[] Shape, WeightPart[] Parts, bool IsBlockMatrix)> entries = [];
    private readonly List<int[]> blocks = [];
    private readonly List<int[]> embedders = [];

    public DiTCheckpoint(DiTConfig config, bool sharedEmbedder)
    {
        this.config = config;
        int h = config.HiddenSize;
        PatchWeight = Add([h, config.InChannels, config.PatchSize, config.PatchSize], PatchWeightName);
        PatchBias = Add([h], "pos_embed.proj.bias");
        for (int i = 0; i < config.NumLayers; i++) blocks.Add(AddBlock(i));
        if (sharedEmbedder) embedders.Add(AddEmbedder([.. Enumerable.Range(0, config.NumLayers)]));
        else for (int i = 0; i < config.NumLayers; i++) embedders.Add(AddEmbedder([i]));
        OutputWeight = Add([config.PatchOutput, h], "proj_out_2.weight");
        OutputBias = Add([config.PatchOutput], "proj_out_2.bias");
    }

    /// <summary>The checkpoint's tensors by name and shape, in the order in which they are loaded.</summary>
    public IEnumerable<(string Name, long[] Shape)> Tensors => entries.SelectMany(entry => entry.Parts).Select(part => (part.Name, part.Shape));

    public int PatchWeight { get; }

    public int PatchBias { get; }

    public int OutputWeight { get; }

    public int OutputBias { get; }

    /// <summary>The map that fits a checkpoint, after names and shapes have been compared, which costs nothing, and before bytes are.</summary>
    /// <exception cref="ModelConfigException">A tensor is missing or has another shape.</exception>
    /// <exception cref="ModelFormatException">A file is damaged.</exception>
    public static DiTCheckpoint Match(DiTConfig config, WeightSource source)
    {
        DiTCheckpoint apart = new(config, sharedEmbedder: false);
        using WeightStore declared = apart.CreateStore(DType.F32);
        declared.Check(source);
        DiTCheckpoint match = EmbeddersAreEqual(config, source) ? new DiTCheckpoint(config, sharedEmbedder: true) : apart;
        match.Warnings = declared.Warnings(source);                  // copies of an embedder that is shared are not unexpected
        return match;
    }

    /// <summary>What is odd about the checkpoint that this map was matched with.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Whether every block's embedder holds the same bytes as block 0's.</summary>
    private static bool EmbeddersAreEqual(DiTConfig config, WeightSource source) => Array.TrueForAll(
        EmbedderNames, name => TensorBytes.AreEqual([.. Enumerable.Range(0, config.NumLayers).Select(i => source[EmbedderPrefix(i) + name])]));

    /// <summary>The same text for a tensor of every block's embedder; a tensor's own name elsewhere.</summary>
    public static string SharedName(string name)
    {
        int embedder = name.IndexOf(".norm1.emb.", StringComparison.Ordinal);
        return embedder < 0 ? name : name[embedder..];
    }

    /// <summary>Where the tensors will lie.</summary>
    /// <exception cref="ModelConfigException">The blocks' matrices are too wide for int8.</exception>
    public WeightStore CreateStore(DType type, WeightStorage blockMatrices = WeightStorage.AsActivations)
    {
        WeightStore store = new(type);
        foreach ((long[] shape, WeightPart[] parts, bool isBlockMatrix) in entries)
        {
            if (isBlockMatrix && blockMatrices == WeightStorage.Int8 && shape[1] > LinearWeight.MaxInt8Depth)
                throw new ModelConfigException(
                    parts[0].Name, "weights", Invariant($"int8 over {shape[1]} inputs"), Invariant($"at most {LinearWeight.MaxInt8Depth} inputs"));
            store.Add(shape, isBlockMatrix ? blockMatrices : WeightStorage.AsActivations, parts);
        }
        return store;
    }

    public DiTBlockWeights[] BlockWeights(WeightStore store) =>
        [.. blocks.Select(b => new DiTBlockWeights(
            store.Linear(b[0], b[1]), store.Linear(b[2], b[3]), store.Linear(b[4], b[5]), store.Linear(b[6], b[7])))];

    /// <summary>Where each embedder's modulation columns begin: block i's at 6 i H, the final layer's (fed by block 0's) at the end.</summary>
    public DiTEmbedder[] Embedders(WeightStore store)
    {
        int perBlock = 6 * config.HiddenSize;
        List<DiTEmbedder> result = [];
        for (int i = 0; i < embedders.Count; i++)
        {
            int[] e = embedders[i];
            result.Add(Embedder(store, e, i * perBlock, e[5], e[6]));
            if (e.Length > 7) result.Add(Embedder(store, e, config.NumLayers * perBlock, e[7], e[8]));
        }
        return [.. result];
    }

    private static DiTEmbedder Embedder(WeightStore store, int[] e, int offset, int weight, int bias) =>
        new(store[e[0]], store[e[1]], store[e[2]], store[e[3]], store[e[4]], offset, store[weight], store[bias]);

    private static readonly string[] EmbedderNames =
    [
        "timestep_embedder.linear_1.weight", "timestep_embedder.linear_1.bias",
        "timestep_embedder.linear_2.weight", "timestep_embedder.linear_2.bias",
        "class_embedder.embedding_table.weight",
    ];

    private static string EmbedderPrefix(int block) => $"transformer_blocks.{block}.norm1.emb.";

    private int[] AddBlock(int i)
    {
        int h = config.HiddenSize, heads = config.NumAttentionHeads, dim = config.AttentionHeadDim, padded = HeadPadding.Padded(dim);
        string block = $"transformer_blocks.{i}.", attention = block + "attn1.";
        WeightPart.Repacking? rows = dim == padded ? null : (values, size) => HeadPadding.Rows(values, heads, dim, padded, h * size);
        WeightPart.Repacking? biases = dim == padded ? null : (values, size) => HeadPadding.Rows(values, heads, dim, padded, size);
        WeightPart.Repacking? columns = dim == padded ? null : (values, size) => HeadPadding.Columns(values, heads, dim, padded, h, size);
        return
        [
            AddMatrix([3 * heads * padded, h], [.. "qkv".Select(z => new WeightPart($"{attention}to_{z}.weight", [h, h], rows))]),
            config.AttentionBias ? Add([3 * heads * padded], [.. "qkv".Select(z => new WeightPart($"{attention}to_{z}.bias", [h], biases))]) : -1,
            AddMatrix([h, heads * padded], new WeightPart(attention + "to_out.0.weight", [h, h], columns)),
            Add([h], attention + "to_out.0.bias"),
            AddMatrix([config.MlpSize, h], new WeightPart(block + "ff.net.0.proj.weight", [config.MlpSize, h])),
            Add([config.MlpSize], block + "ff.net.0.proj.bias"),
            AddMatrix([h, config.MlpSize], new WeightPart(block + "ff.net.2.weight", [h, config.MlpSize])),
            Add([h], block + "ff.net.2.bias"),
        ];
    }

    /// <summary>An embedder and the modulations that it feeds. Block 0's also feeds the final layer's, stacked last where it can be.</summary>
    private int[] AddEmbedder(int[] fed)
    {
        int h = config.HiddenSize;
        string prefix = EmbedderPrefix(fed[0]);
        List<int> indices =
        [
            Add([h, DiTModel.SinusoidSize], prefix + EmbedderNames[0]), Add([h], prefix + EmbedderNames[1]),
            Add([h, h], prefix + EmbedderNames[2]), Add([h], prefix + EmbedderNames[3]),
            Add([config.NumEmbedsAdaNorm + 1, h], prefix + EmbedderNames[4]),
        ];
        List<WeightPart> weights = [.. fed.Select(i => new WeightPart($"transformer_blocks.{i}.norm1.linear.weight", [6 * h, h]))];
        List<WeightPart> biases = [.. fed.Select(i => new WeightPart($"transformer_blocks.{i}.norm1.linear.bias", [6 * h]))];
        WeightPart finalWeight = new("proj_out_1.weight", [2 * h, h]), finalBias = new("proj_out_1.bias", [2 * h]);
        bool stacksFinal = fed.Length == config.NumLayers;
        if (stacksFinal)
        {
            weights.Add(finalWeight);
            biases.Add(finalBias);
        }
        indices.Add(Add([weights.Sum(part => part.Shape[0]), h], [.. weights]));
        indices.Add(Add([biases.Sum(part => part.Shape[0])], [.. biases]));
        if (!stacksFinal && fed[0] == 0)
        {
            indices.Add(Add([2 * h, h], finalWeight));
            indices.Add(Add([2 * h], finalBias));
        }
        return [.. indices];
    }

    private int Add(long[] shape, string name) => Add(shape, new WeightPart(name, shape));

    private int Add(long[] shape, params WeightPart[] parts) => Add(shape, false, parts);

    private int AddMatrix(long[] shape, params WeightPart[] parts) => Add(shape, true, parts);

    private int Add(long[] shape, bool isBlockMatrix, WeightPart[] parts)
    {
        entries.Add((shape, parts, isBlockMatrix));
        return entries.Count - 1;
    }
}
