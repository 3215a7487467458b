using Ditto.Interop;
using static Ditto.CommandLine.CaseTensor;
using static Ditto.CommandLine.Readable;

namespace Ditto.CommandLine;

/// <summary>A launch of every kernel at the shapes of DiT-XL/2 on 256 x 256 pixels with guidance: two samples of 256 tokens.</summary>
internal static class KernelCases
{
    private const long Batch = 2, Tokens = 256, Dim = 1152, Heads = 16, HeadDim = 72, Hidden = 4 * Dim, Channels = 4, Side = 32, Patch = 2;
    private const long Rows = Batch * Tokens, TimestepDim = 256;
    private const int Labels = 101;
    private const float Eps = 1e-6f;

    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];
    private static readonly long[] HeadDims = [64, HeadDim, 128];

    private static readonly SamplerCoefficients Step = new()
    {
        Guidance = 4,
        GuidedChannels = (int)Channels,
        X0FromX = 1.1f,
        X0FromModel = -0.4f,
        EpsFromX = 0.2f,
        EpsFromModel = 0.8f,
        StoreX0 = 1,
        XFromX = 0.9f,
        XFromX0 = 0.2f,
        H1 = -0.1f,
        H2 = 0.05f,
    };

    /// <summary>The cases, kernel by kernel, in f32, bf16 and f16; attention for the head_dims of known models.</summary>
    public static IReadOnlyList<KernelCase> All { get; } =
    [
        .. Types.SelectMany(Embeddings), .. Types.SelectMany(Norms), .. Types.SelectMany(Activations), .. Types.SelectMany(Int8),
        .. Types.Select(Rope), .. Types.SelectMany(type => HeadDims.Select(headDim => Attention(type, headDim))), .. Types.SelectMany(Sampling),
        .. Types.SelectMany(to => Types.Select(from => Convert(to, from))),
    ];

    private static IEnumerable<KernelCase> Embeddings(DType type)
    {
        yield return new(KernelCatalog.TimestepEmbedding[type], Invariant($"{Batch} x {TimestepDim}"),
            [Output("y", type, Batch, TimestepDim), Below(1000, "timesteps", DType.F32, Batch), Input("frequencies", DType.F32, TimestepDim / 2)],
            (operations, t) => operations.TimestepEmbedding(t("y"), t("timesteps"), t("frequencies")));
        yield return new(KernelCatalog.AddLabelEmbedding[type], Invariant($"{Batch} x {Dim}"),
            [
                Output("y", type, Batch, Dim), Input("x", type, Batch, Dim), Input("table", type, Labels, Dim),
                Below(Labels, "labels", DType.I32, Batch),
            ],
            (operations, t) => operations.AddLabelEmbedding(t("y"), t("x"), t("table"), t("labels")));
        yield return new(KernelCatalog.Patchify[type], Invariant($"{Batch} x {Channels} x {Side} x {Side}, p {Patch}"),
            [Output("tokens", type, Batch, Tokens, Channels * Patch * Patch), Input("latents", DType.F32, Batch, Channels, Side, Side)],
            (operations, t) => operations.Patchify(t("tokens"), t("latents"), (int)Patch));
        yield return new(KernelCatalog.Unpatchify[type], Invariant($"{Batch} x {2 * Channels} x {Side} x {Side}, p {Patch}"),
            [Output("image", DType.F32, Batch, 2 * Channels, Side, Side), Input("tokens", type, Batch, Tokens, 2 * Channels * Patch * Patch)],
            (operations, t) => operations.Unpatchify(t("image"), t("tokens"), (int)Patch));
        yield return new(KernelCatalog.AddPositionEmbedding[type], Invariant($"{Batch} x {Tokens} x {Dim}"),
            [Updated("x", type, Batch, Tokens, Dim), Input("position", DType.F32, Tokens, Dim)],
            (operations, t) => operations.AddPositionEmbedding(t("x"), t("position")));
    }

    private static IEnumerable<KernelCase> Norms(DType type)
    {
        string shape = Invariant($"{Rows} x {Dim}");
        CaseTensor x = Input("x", type, Rows, Dim), updated = Updated("x", type, Rows, Dim), y = Output("y", type, Rows, Dim);
        CaseTensor source = Input("source", type, Rows, Dim), gate = Input("gate", type, Batch, Dim);
        CaseTensor shift = Input("shift", type, Batch, Dim), scale = Input("scale", type, Batch, Dim);
        yield return new(KernelCatalog.LayerNormModulate[type], shape, [y, x, shift, scale],
            (operations, t) => operations.LayerNormModulate(t("y"), t("x"), t("shift"), t("scale"), Eps));
        yield return new(KernelCatalog.RmsNormModulate[type], shape, [y, x, shift, scale],
            (operations, t) => operations.RmsNormModulate(t("y"), t("x"), t("shift"), t("scale"), Eps));
        yield return new(KernelCatalog.GateResidual[type], shape, [updated, source, gate],
            (operations, t) => operations.GateResidual(t("x"), t("source"), t("gate")));
        yield return new(KernelCatalog.GateResidualLayerNormModulate[type], shape, [updated, y, source, gate, shift, scale],
            (operations, t) => operations.GateResidualLayerNormModulate(t("x"), t("y"), t("source"), t("gate"), t("shift"), t("scale"), Eps));
    }

    private static IEnumerable<KernelCase> Activations(DType type)
    {
        (KernelFamily Family, Action<Operations, Tensor, Tensor> Apply)[] all =
        [
            (KernelCatalog.GeluTanh, (operations, y, x) => operations.GeluTanh(y, x)),
            (KernelCatalog.GeluErf, (operations, y, x) => operations.GeluErf(y, x)),
            (KernelCatalog.QuickGelu, (operations, y, x) => operations.QuickGelu(y, x)),
            (KernelCatalog.Silu, (operations, y, x) => operations.Silu(y, x)),
        ];
        return all.Select(one => new KernelCase(
            one.Family[type], Invariant($"{Rows} x {Hidden}"), [Output("y", type, Rows, Hidden), Input("x", type, Rows, Hidden)],
            (operations, t) => one.Apply(operations, t("y"), t("x"))));
    }

    private static IEnumerable<KernelCase> Int8(DType type)
    {
        string shape = Invariant($"{Rows} x {Dim}");
        yield return new(KernelCatalog.QuantizeRows[type], shape,
            [Output("q", DType.I8, Rows, Dim), Output("scales", DType.F32, Rows), Input("x", type, Rows, Dim)],
            (operations, t) => operations.QuantizeRows(t("q"), t("scales"), t("x")));
        yield return new(KernelCatalog.Dequantize[type], shape,
            [
                Output("y", type, Rows, Dim), Below(1000, "sums", DType.I32, Rows, Dim), Input("row scales", DType.F32, Rows),
                Input("column scales", DType.F32, Dim), Input("bias", type, Dim),
            ],
            (operations, t) => operations.Dequantize(t("y"), t("sums"), t("row scales"), t("column scales"), t("bias")));
    }

    private static KernelCase Rope(DType type) => new(
        KernelCatalog.QkNormRope[type], Invariant($"{Batch} x {Tokens} x {Heads} x {HeadDim}"),
        [
            Updated("x", type, Batch, Tokens, Heads, HeadDim), Input("weight", type, HeadDim), Input("cos", DType.F32, Tokens, HeadDim),
            Input("sin", DType.F32, Tokens, HeadDim),
        ],
        (operations, t) => operations.QkNormRope(t("x"), t("weight"), t("cos"), t("sin"), Eps));

    private static KernelCase Attention(DType type, long headDim)
    {
        long[] shape = [Batch, Tokens, Heads, headDim];
        return new(
            KernelCatalog.AttentionFor(type, headDim), string.Join(" x ", shape),
            [Output("output", type, shape), Input("query", type, shape), Input("key", type, shape), Input("value", type, shape)],
            (operations, t) => operations.Attention(t("output"), t("query"), t("key"), t("value")));
    }

    private static IEnumerable<KernelCase> Sampling(DType type)
    {
        long[] latents = [Batch, Channels, Side, Side], model = [Batch, 2 * Channels, Side, Side];
        yield return new(KernelCatalog.GuidanceSamplerStep[type], string.Join(" x ", latents),
            [
                Updated("latents", DType.F32, latents), Output("x0", DType.F32, latents), Output("slot", DType.F32, latents),
                Input("history1", DType.F32, latents), Input("history2", DType.F32, latents), Input("cond", type, model),
                Input("uncond", type, model),
            ],
            (operations, t) => operations.SamplerStep(
                t("latents"), t("x0"), t("slot"), t("history1"), t("history2"), t("cond"), t("uncond"), default, Step));
        yield return new(KernelCatalog.PhiloxNormal[type], string.Join(" x ", latents), [Output("y", type, latents)],
            (operations, t) => operations.PhiloxNormal(t("y"), seed: 1234, offset: 0));
    }

    private static KernelCase Convert(DType to, DType from) => new(
        KernelCatalog.ConvertFor(to, from), Invariant($"{Rows} x {Dim}"), [Output("y", to, Rows, Dim), Input("x", from, Rows, Dim)],
        (operations, t) => operations.Convert(t("y"), t("x")));
}
