using Ditto.Configuration;

namespace Ditto.Families.DiT;

/// <summary>
/// What <c>transformer/config.json</c> of a class-conditional DiT says (diffusers <c>DiTTransformer2DModel</c>).
/// Source: Peebles and Xie 2022, Scalable Diffusion Models with Transformers, arXiv:2212.09748.
/// </summary>
public sealed record DiTConfig
{
    /// <summary>The class names under which diffusers has published this family.</summary>
    public static readonly IReadOnlyList<string> ClassNames = ["DiTTransformer2DModel", "Transformer2DModel"];

    /// <summary>Attention heads, 1 or more.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Channels of one head: 32 to 128 in steps of 8 run on every device; other sizes are padded up to the next of these.</summary>
    public required int AttentionHeadDim { get; init; }

    /// <summary>Transformer blocks, 1 or more.</summary>
    public required int NumLayers { get; init; }

    /// <summary>Channels of the latents.</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels of the prediction: InChannels, or twice that where the variance is learned.</summary>
    public required int OutChannels { get; init; }

    /// <summary>Edge of one patch in latent pixels.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Edge of the square latents that the model was trained on, in latent pixels.</summary>
    public required int SampleSize { get; init; }

    /// <summary>Number of classes; the label of this value is the empty class that guidance uses.</summary>
    public required int NumEmbedsAdaNorm { get; init; }

    /// <summary>The MLP's GELU: true for the tanh form (<c>gelu-approximate</c>), false for the erf form (<c>gelu</c>).</summary>
    public required bool GeluTanh { get; init; }

    /// <summary>Whether the q, k and v projections have biases.</summary>
    public required bool AttentionBias { get; init; }

    /// <summary>Epsilon of the LayerNorm before the MLP; the attention's and the final one's are 1e-6.</summary>
    public required float NormEps { get; init; }

    /// <summary>Width of the residual stream: heads times head_dim.</summary>
    public int HiddenSize => NumAttentionHeads * AttentionHeadDim;

    /// <summary>Width of the MLP's hidden layer: 4 times HiddenSize.</summary>
    public int MlpSize => 4 * HiddenSize;

    /// <summary>Values of one token before the patch embedding: InChannels x PatchSize x PatchSize.</summary>
    public int PatchInput => InChannels * PatchSize * PatchSize;

    /// <summary>Values of one token after the last projection: OutChannels x PatchSize x PatchSize.</summary>
    public int PatchOutput => OutChannels * PatchSize * PatchSize;

    /// <summary>The label that means "no class".</summary>
    public int NullClass => NumEmbedsAdaNorm;

    /// <summary>Rows of all modulations together: 6 x HiddenSize a block and 2 x HiddenSize at the end.</summary>
    public int ModulationSize => ((6 * NumLayers) + 2) * HiddenSize;

    /// <summary>Elements of the checkpoint, every block's own embedder counted.</summary>
    public long ParameterCount
    {
        get
        {
            long h = HiddenSize, biases = AttentionBias ? 3 * h : 0;
            long embedder = (256 * h) + h + (h * h) + h + ((NumEmbedsAdaNorm + 1L) * h);
            long block = embedder + (6 * h * h) + (6 * h) + (4 * h * h) + biases + h + (8 * h * h) + (5 * h);
            return (PatchInput * h) + h + (NumLayers * block) + (2 * h * h) + (2 * h) + (PatchOutput * h) + PatchOutput;
        }
    }

    /// <summary>
    /// Floating-point operations of one forward (a multiply-add counts 2): products and attention.
    /// Source: layers x (24 tokens width^2 + 4 tokens^2 width) a sample, and the small ones around it.
    /// </summary>
    /// <param name="batch">Samples, both guidance branches counted.</param>
    /// <param name="height">Latent pixels, a multiple of PatchSize.</param>
    /// <param name="width">Latent pixels, a multiple of PatchSize.</param>
    public double ForwardFlops(int batch, int height, int width)
    {
        double n = (double)(height / PatchSize) * (width / PatchSize), h = HiddenSize;
        double block = (24 * n * h * h) + (4 * n * n * h) + (12 * h * h) + (2 * ((256 * h) + (h * h)));
        double ends = (2 * n * PatchInput * h) + (2 * n * PatchOutput * h) + (4 * h * h);
        return batch * ((NumLayers * block) + ends);
    }

    /// <summary>Reads a diffusers <c>config.json</c>.</summary>
    /// <exception cref="ModelConfigException">A field is missing or outside its range, or the class is another.</exception>
    public static DiTConfig Load(string path) => From(ConfigSection.Load(path));

    /// <summary>Takes a <c>config.json</c> that is parsed already.</summary>
    /// <exception cref="ModelConfigException">A field is missing or outside its range, or the class is another.</exception>
    public static DiTConfig From(ConfigSection config)
    {
        ArgumentNullException.ThrowIfNull(config);
        string className = config.Text("_class_name");
        bool known = ClassNames.Contains(className) && config.Text("norm_type", "ada_norm_zero") == "ada_norm_zero";
        if (!known)
            throw config.Refuse(
                "_class_name",
                $"unsupported model class {Quoted.Text(className)}",
                $"known: {string.Join(", ", ClassNames)} with norm_type ada_norm_zero");
        int inChannels = config.Integer("in_channels", 4, 1, 4096);
        if (config.Flag("norm_elementwise_affine", false))
            throw config.Refuse("norm_elementwise_affine", "true", "false: the modulated LayerNorm has no weights of its own");
        return new DiTConfig
        {
            NumAttentionHeads = config.Integer("num_attention_heads", 16, 1, 1024),
            AttentionHeadDim = config.Integer("attention_head_dim", 72, 1, 128),
            NumLayers = config.Integer("num_layers", 28, 1, 1000),
            InChannels = inChannels,
            OutChannels = config.Integer("out_channels", inChannels, 1, 8192),
            PatchSize = config.Integer("patch_size", 2, 1, 64),
            SampleSize = config.Integer("sample_size", 32, 1, 4096),
            NumEmbedsAdaNorm = config.Integer("num_embeds_ada_norm", 1000, 1, 10_000_000),
            GeluTanh = config.Choice("activation_fn", "gelu-approximate", "gelu-approximate", "gelu") == "gelu-approximate",
            AttentionBias = config.Flag("attention_bias", true),
            NormEps = config.Number("norm_eps", 1e-5f, 0f, 1f),
        };
    }
}
