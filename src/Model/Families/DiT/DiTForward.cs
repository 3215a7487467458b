using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.Families.DiT;

/// <summary>
/// One forward pass of DiT over buffers of its own pool: class and timestep conditioned noise prediction.
/// Source: Peebles and Xie 2022, arXiv:2212.09748, the adaLN-Zero block; diffusers <c>DiTTransformer2DModel.forward</c>.
/// </summary>
public sealed class DiTForward : IDisposable
{
    private const float AttentionNormEps = 1e-6f;
    private readonly DiTModel model;
    private readonly Operations ops;
    private readonly DiTPlan plan;
    private readonly DevicePool pool;
    private readonly Tensor[] modulation;            // (batch, H) each: per block attention's shift, scale, gate and the MLP's; the final two
    private readonly Tensor query, key, value, attended;
    private readonly Int8Scratch scratch;

    internal DiTForward(DiTModel model, Operations operations, DiTPlan plan)
    {
        this.model = model;
        ops = operations;
        this.plan = plan;
        pool = new DevicePool(model.Device, plan.Pool, "the session's pool", "a smaller batch, height or width, or bf16 or f16 storage");
        try
        {
            UploadTables();
        }
        catch
        {
            pool.Dispose();
            throw;
        }
        int heads = model.Config.NumAttentionHeads, padded = HeadPadding.Padded(model.Config.AttentionHeadDim), b = plan.Shape.Batch;
        Tensor qkv = pool[plan.Qkv];
        query = qkv.Slice(2, 0, heads * padded).Reshape(b, plan.Tokens, heads, padded);
        key = qkv.Slice(2, heads * padded, heads * padded).Reshape(b, plan.Tokens, heads, padded);
        value = qkv.Slice(2, 2 * heads * padded, heads * padded).Reshape(b, plan.Tokens, heads, padded);
        attended = pool[plan.Attended].Reshape(b, plan.Tokens, heads, padded);
        if (plan.Int8Values is not null) scratch = new Int8Scratch(pool[plan.Int8Values], pool[plan.Int8Scales!], pool[plan.Int8Sums!]);
        modulation = new Tensor[(6 * model.Config.NumLayers) + 2];
        for (int i = 0; i < modulation.Length; i++)
            modulation[i] = pool[plan.Modulation].Slice(1, (long)i * model.Config.HiddenSize, model.Config.HiddenSize);
    }

    /// <summary>Is shown intermediate results by name (<c>block.0.attn1</c>, ...) while they are valid; for checks.</summary>
    internal Action<string, Tensor>? Probe { get; set; }

    /// <summary>(latentBatch, inChannels, height, width) f32: write before <see cref="Run"/>.</summary>
    public Tensor Latents => pool[plan.Latents];

    /// <summary>(batch) f32, 0 to 1000: write before <see cref="Run"/>.</summary>
    public Tensor Timesteps => pool[plan.Timesteps];

    /// <summary>(batch) i32, 0 to classes: write before <see cref="Run"/>.</summary>
    public Tensor Labels => pool[plan.Labels];

    /// <summary>(batch, outChannels, height, width) f32: read after <see cref="Run"/>.</summary>
    public Tensor Output => pool[plan.Output];

    /// <summary>A buffer that the plan was given beside the forward pass's own.</summary>
    internal Tensor this[PoolSlot slot] => pool[slot];

    /// <summary>Bytes of the pool.</summary>
    public long PoolBytes => plan.Pool.TotalBytes;

    /// <summary>Queues the forward pass on the operations' stream.</summary>
    /// <param name="cancellation">Checked between blocks.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; what was queued runs to its end.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        Embed();
        Condition();
        Tensor x = pool[plan.HiddenStates], h = pool[plan.Normed];
        ops.LayerNormModulate(h, x, Shift(0), Scale(0), AttentionNormEps);
        for (int i = 0; i < model.Blocks.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Block(i, x, h);
        }
        ops.Linear(pool[plan.OutputTokens], h, model.OutputWeight, model.OutputBias);
        ops.Unpatchify(Output, pool[plan.OutputTokens], model.Config.PatchSize);
    }

    /// <summary>Frees the buffers; the stream's work on them must be done.</summary>
    public void Dispose() => pool.Dispose();

    /// <summary>Writes what stays the same for all runs.</summary>
    private void UploadTables()
    {
        float[] position = SinCosPositions.Table(
            plan.GridHeight, plan.GridWidth, model.Config.HiddenSize, model.Config.SampleSize / model.Config.PatchSize, model.StoredDType);
        model.Device.CopyToDevice<float>(pool[plan.Position], position);
        model.Device.CopyToDevice<float>(pool[plan.Frequencies], SinusoidFrequencies.Table(DiTModel.SinusoidSize / 2, downscaleFreqShift: 1));
    }

    /// <summary>x = patches W + b + position.</summary>
    private void Embed()
    {
        Tensor x = pool[plan.HiddenStates];
        ops.Patchify(pool[plan.Patches], Latents, model.Config.PatchSize);
        ops.Linear(x, pool[plan.Patches], model.PatchWeight, model.PatchBias);
        ops.AddPositionEmbedding(x, pool[plan.Position]);
        Probe?.Invoke("pos_embed_out", x);
    }

    /// <summary>modulation = silu(W2 silu(W1 sinusoid(t)) + class) W + b, for every block and the final layer.</summary>
    private void Condition()
    {
        Tensor sinusoid = pool[plan.Sinusoid], hidden = pool[plan.EmbeddingHidden], e = pool[plan.Embedding];
        ops.TimestepEmbedding(sinusoid, Timesteps, pool[plan.Frequencies]);
        foreach (DiTEmbedder embedder in model.Embedders)
        {
            ops.Linear(hidden, sinusoid, embedder.HiddenWeight, embedder.HiddenBias);
            ops.Silu(hidden, hidden);
            ops.Linear(e, hidden, embedder.Weight, embedder.Bias);
            ops.AddLabelEmbedding(e, e, embedder.Classes, Labels);
            Probe?.Invoke($"block.{embedder.ModulationOffset / (6 * model.Config.HiddenSize)}.temb", e);
            ops.Silu(e, e);
            Tensor columns = pool[plan.Modulation].Slice(1, embedder.ModulationOffset, embedder.ModulationBias[0]);
            ops.Linear(columns, e, embedder.ModulationWeight, embedder.ModulationBias);
        }
    }

    /// <summary>
    /// x += gate_msa Attn(h); h = LN(x)(1 + scale_mlp) + shift_mlp; x += gate_mlp MLP(h); h = LN(x)(1 + scale) + shift of what follows.
    /// </summary>
    private void Block(int i, Tensor x, Tensor h)
    {
        DiTBlockWeights w = model.Blocks[i];
        Tensor branch = pool[plan.Branch], mlp = pool[plan.Mlp], mlpBranch = pool[plan.MlpBranch];
        int first = 6 * i;
        ProbeModulation(i, h);

        ops.Linear(pool[plan.Qkv], h, w.Qkv, scratch);
        ops.Attention(attended, query, key, value, scale: 1f / MathF.Sqrt(model.Config.AttentionHeadDim));
        ops.Linear(branch, pool[plan.Attended], w.Out, scratch);
        Probe?.Invoke($"block.{i}.attn1", branch);
        ops.GateResidualLayerNormModulate(x, h, branch, modulation[first + 2], modulation[first + 3], modulation[first + 4], model.Config.NormEps);

        ops.Linear(mlp, h, w.MlpUp, scratch, activation: model.Config.GeluTanh ? Activation.GeluTanh : Activation.None);
        if (!model.Config.GeluTanh) ops.GeluErf(mlp, mlp);
        ops.Linear(mlpBranch, mlp, w.MlpDown, scratch);
        Probe?.Invoke($"block.{i}.ff", mlpBranch);
        ops.GateResidualLayerNormModulate(x, h, mlpBranch, modulation[first + 5], Shift(i + 1), Scale(i + 1), AttentionNormEps);
        Probe?.Invoke($"block.{i}.hidden_states", x);
    }

    private void ProbeModulation(int i, Tensor h)
    {
        if (Probe is null) return;
        string[] names = ["shift_msa", "scale_msa", "gate_msa", "shift_mlp", "scale_mlp", "gate_mlp"];
        Probe($"block.{i}.norm1", h);
        for (int k = 0; k < names.Length; k++) Probe($"block.{i}.{names[k]}", modulation[(6 * i) + k]);
    }

    private Tensor Shift(int block) => modulation[6 * block];

    private Tensor Scale(int block) => modulation[(6 * block) + 1];
}
