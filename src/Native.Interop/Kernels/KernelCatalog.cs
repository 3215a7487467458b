using System.Collections.ObjectModel;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>Every kernel that ships: template, source file and storage types. Launchers look their kernels up here.</summary>
public static class KernelCatalog
{
    /// <summary>The smallest head_dim that attention is compiled for.</summary>
    public const int MinHeadDim = 32;

    /// <summary>The largest head_dim that attention is compiled for.</summary>
    public const int MaxHeadDim = 128;

    /// <summary>Attention is compiled for every multiple of this between the two.</summary>
    public const int HeadDimStep = 8;

    private static readonly DType[] Storage = [DType.F32, DType.BF16, DType.F16];
    private static readonly List<KernelEntry> Entries = [];

    /// <summary>[cos | sin] of the timesteps.</summary>
    public static KernelFamily TimestepEmbedding { get; } = PerType("transformer/timestep_embedding.cu", "timestep_embedding");

    /// <summary>Adds the row of a table that each sample's class label names.</summary>
    public static KernelFamily AddLabelEmbedding { get; } = PerType("transformer/label_embedding.cu", "add_label_embedding");

    /// <summary>Latents to tokens.</summary>
    public static KernelFamily Patchify { get; } = PerType("transformer/patchify.cu", "patchify");

    /// <summary>Tokens to latents.</summary>
    public static KernelFamily Unpatchify { get; } = PerType("transformer/patchify.cu", "unpatchify");

    /// <summary>Adds a position embedding to tokens.</summary>
    public static KernelFamily AddPositionEmbedding { get; } = PerType("transformer/patchify.cu", "add_position_embedding");

    /// <summary>LayerNorm, affine and modulation in one pass.</summary>
    public static KernelFamily LayerNormModulate { get; } = PerType("transformer/layernorm_modulate.cu", "layernorm_modulate");

    /// <summary>RMSNorm, affine and modulation in one pass.</summary>
    public static KernelFamily RmsNormModulate { get; } = PerType("transformer/layernorm_modulate.cu", "rmsnorm_modulate");

    /// <summary>x += gate * source.</summary>
    public static KernelFamily GateResidual { get; } = PerType("transformer/gate_residual.cu", "gate_residual");

    /// <summary>x += gate * source, then LayerNorm and modulation of x, in one pass.</summary>
    public static KernelFamily GateResidualLayerNormModulate { get; } = PerType("transformer/gate_residual.cu", "gate_residual_layernorm_modulate");

    /// <summary>GELU by its tanh approximation.</summary>
    public static KernelFamily GeluTanh { get; } = PerType("transformer/activation.cu", "gelu_tanh");

    /// <summary>GELU by erf.</summary>
    public static KernelFamily GeluErf { get; } = PerType("transformer/activation.cu", "gelu_erf");

    /// <summary>x * sigmoid(1.702 x).</summary>
    public static KernelFamily QuickGelu { get; } = PerType("transformer/activation.cu", "quick_gelu");

    /// <summary>x * sigmoid(x).</summary>
    public static KernelFamily Silu { get; } = PerType("transformer/activation.cu", "silu");

    /// <summary>Rows to int8 with one scale each.</summary>
    public static KernelFamily QuantizeRows { get; } = PerType("transformer/quantize_rows.cu", "quantize_rows");

    /// <summary>Sums of an int8 product to numbers: scales, bias, residual and activation.</summary>
    public static KernelFamily Dequantize { get; } = PerType("transformer/dequantize.cu", "dequantize");

    /// <summary>RMSNorm of each head, then rotary embedding, in place.</summary>
    public static KernelFamily QkNormRope { get; } = PerType("transformer/qk_norm_rope.cu", "qk_norm_rope");

    /// <summary>Guidance and the sampler's update in one pass.</summary>
    public static KernelFamily GuidanceSamplerStep { get; } = PerType("sampling/sampler_step.cu", "guidance_sampler_step");

    /// <summary>Normal noise of PyTorch's CUDA generator.</summary>
    public static KernelFamily PhiloxNormal { get; } = PerType("sampling/philox_normal.cu", "philox_normal");

    /// <summary>Attention, one family for each head_dim, the smallest first.</summary>
    public static IReadOnlyList<KernelFamily> Attention { get; } = AttentionFamilies();

    /// <summary>Conversions, one family for each type that is written; its instantiations are the types that are read.</summary>
    public static IReadOnlyList<KernelFamily> Convert { get; } = ConvertFamilies();

    /// <summary>Every shipped kernel, in the order of <see cref="KernelEntry.Index"/>.</summary>
    public static IReadOnlyList<KernelEntry> All { get; } = new ReadOnlyCollection<KernelEntry>(Entries);

    /// <summary>Attention for a storage type and head_dim.</summary>
    /// <param name="type">Storage type.</param>
    /// <param name="headDim">32 to 128 in steps of 8.</param>
    /// <exception cref="ArgumentException">There is no such kernel.</exception>
    public static KernelEntry AttentionFor(DType type, long headDim)
    {
        if (headDim is < MinHeadDim or > MaxHeadDim || headDim % HeadDimStep != 0)
        {
            throw new ArgumentException(
                Invariant($"attention: head_dim is {headDim}, expected {MinHeadDim} to {MaxHeadDim} in steps of {HeadDimStep}"));
        }
        return Attention[(int)(headDim - MinHeadDim) / HeadDimStep][type];
    }

    /// <summary>The conversion between two storage types.</summary>
    /// <param name="to">The type that is written.</param>
    /// <param name="from">The type that is read.</param>
    /// <exception cref="ArgumentException">There is no such kernel.</exception>
    public static KernelEntry ConvertFor(DType to, DType from)
    {
        int index = Array.IndexOf(Storage, to);
        if (index < 0) throw new ArgumentException($"convert: no kernel to {to.ShortName()}");
        return Convert[index][from];
    }

    private static KernelFamily PerType(string source, string name) => Family(source, name, type => $"{name}<{type.KernelName()}>");

    private static KernelFamily Family(string source, string name, Func<DType, string> expression)
    {
        List<KernelEntry> entries = [];
        foreach (DType type in Storage)
        {
            KernelEntry entry = new(Entries.Count, source, expression(type), type);
            Entries.Add(entry);
            entries.Add(entry);
        }
        return new KernelFamily(source, name, entries);
    }

    private static ReadOnlyCollection<KernelFamily> AttentionFamilies()
    {
        List<KernelFamily> families = [];
        for (int headDim = MinHeadDim; headDim <= MaxHeadDim; headDim += HeadDimStep)
            families.Add(Family("transformer/attention.cu", "attention", type => Invariant($"attention<{type.KernelName()}, {headDim}>")));
        return families.AsReadOnly();
    }

    private static ReadOnlyCollection<KernelFamily> ConvertFamilies() =>
        Array.AsReadOnly(Array.ConvertAll(
            Storage, to => Family("transformer/convert.cu", "convert", from => $"convert<{to.KernelName()}, {from.KernelName()}>")));
}
