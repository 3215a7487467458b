using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.Families.DiT;

/// <summary>
/// The memory of one forward pass, worked out from the config before anything is allocated. Buffers of a block live for a few of its eight
/// phases (norm, qkv, attention, projection, norm, mlp up, mlp down, residual) and share memory where their lives do not meet.
/// </summary>
internal sealed class DiTPlan
{
    private const int Always = int.MaxValue;

    public DiTPlan(DiTConfig config, DiTShape shape)
    {
        Config = config;
        Shape = shape;
        DType t = shape.DType;
        int padded = config.NumAttentionHeads * HeadPadding.Padded(config.AttentionHeadDim), h = config.HiddenSize, b = shape.Batch;
        Latents = Pool.Add("latents", DType.F32, [shape.LatentBatch, config.InChannels, shape.Height, shape.Width], 0, Always);
        Timesteps = Pool.Add("timesteps", DType.F32, [b], 0, Always);
        Labels = Pool.Add("labels", DType.I32, [b], 0, Always);
        Position = Pool.Add("position embedding", DType.F32, [Tokens, h], 0, Always);
        Frequencies = Pool.Add("timestep frequencies", DType.F32, [DiTModel.SinusoidSize / 2], 0, Always);
        Sinusoid = Pool.Add("timestep sinusoid", t, [b, DiTModel.SinusoidSize], 0, Always);
        Embedding = Pool.Add("timestep embedding", t, [b, h], 0, Always);
        EmbeddingHidden = Pool.Add("timestep embedding, hidden", t, [b, h], 0, Always);
        Modulation = Pool.Add("modulation", t, [b, config.ModulationSize], 0, Always);
        HiddenStates = Pool.Add("hidden states", t, [b, Tokens, h], 0, Always);
        Normed = Pool.Add("normed hidden states", t, [b, Tokens, h], 0, Always);
        Patches = Pool.Add("patches", t, [b, Tokens, config.PatchInput], 0, 0);
        Qkv = Pool.Add("q, k, v", t, [b, Tokens, 3 * padded], 1, 2);
        Attended = Pool.Add("attention", t, [b, Tokens, padded], 2, 3);
        Branch = Pool.Add("attention branch", t, [b, Tokens, h], 3, 4);
        Mlp = Pool.Add("mlp hidden", t, [b, Tokens, config.MlpSize], 5, 6);
        MlpBranch = Pool.Add("mlp branch", t, [b, Tokens, h], 6, 7);
        if (shape.Weights == WeightStorage.Int8)
        {
            long rows = (long)b * Tokens;
            long widest = LinearWeight.Int8Length(Math.Max(config.MlpSize, padded));
            long most = LinearWeight.Int8Rows(Math.Max(config.MlpSize, 3 * padded));
            Int8Values = Pool.Add("int8 input", DType.I8, [rows, widest], 1, 6);
            Int8Scales = Pool.Add("int8 input's scales", DType.F32, [rows], 1, 6);
            Int8Sums = Pool.Add("int8 sums", DType.I32, [rows, most], 1, 6);
        }
        OutputTokens = Pool.Add("output tokens", t, [b, Tokens, config.PatchOutput], 8, 8);
        Output = Pool.Add("prediction", DType.F32, [b, config.OutChannels, shape.Height, shape.Width], 0, Always);
    }

    /// <summary>Adds a buffer of the latents' shape that lives as long as the session, for a sampler.</summary>
    public PoolSlot AddLatents(string name) =>
        Pool.Add(name, DType.F32, [Shape.LatentBatch, Config.InChannels, Shape.Height, Shape.Width], 0, Always);

    public DiTConfig Config { get; }

    public DiTShape Shape { get; }

    public PoolPlan Pool { get; } = new();

    public int GridHeight => Shape.Height / Config.PatchSize;

    public int GridWidth => Shape.Width / Config.PatchSize;

    public int Tokens => GridHeight * GridWidth;

    public PoolSlot Latents { get; }

    public PoolSlot Timesteps { get; }

    public PoolSlot Labels { get; }

    public PoolSlot Position { get; }

    public PoolSlot Frequencies { get; }

    public PoolSlot Sinusoid { get; }

    public PoolSlot Embedding { get; }

    public PoolSlot EmbeddingHidden { get; }

    public PoolSlot Modulation { get; }

    public PoolSlot HiddenStates { get; }

    public PoolSlot Normed { get; }

    public PoolSlot Patches { get; }

    public PoolSlot Qkv { get; }

    public PoolSlot Attended { get; }

    public PoolSlot Branch { get; }

    public PoolSlot Mlp { get; }

    public PoolSlot MlpBranch { get; }

    /// <summary>What a layer with int8 weights works in: its input, the scales of the input's rows and its sums; null without such.</summary>
    public PoolSlot? Int8Values { get; }

    public PoolSlot? Int8Scales { get; }

    public PoolSlot? Int8Sums { get; }

    public PoolSlot OutputTokens { get; }

    public PoolSlot Output { get; }
}
