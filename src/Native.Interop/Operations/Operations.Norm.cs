using static System.FormattableString;

namespace Ditto.Interop;

/// <content>Norms with modulation, and gated residuals.</content>
public sealed unsafe partial class Operations
{
    /// <summary>
    /// y = ((x - mean) / sqrt(variance + eps) * weight + bias) * (1 + scale) + shift over the last dimension, statistics in f32 (the biased
    /// variance). Each absent tensor is left out. Source: arXiv:1607.06450; modulation arXiv:2212.09748.
    /// </summary>
    /// <param name="y">(..., dim), f32, bf16 or f16; rows may be strided. Must not overlap x.</param>
    /// <param name="x">As y.</param>
    /// <param name="shift">(samples, dim), rows strided alike with scale; rows of x are divided evenly among the samples. May be absent.</param>
    /// <param name="scale">As shift.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="weight">(dim), contiguous; may be absent.</param>
    /// <param name="bias">(dim), contiguous; may be absent.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void LayerNormModulate(Tensor y, Tensor x, Tensor shift, Tensor scale, float eps, Tensor weight = default, Tensor bias = default) =>
        NormModulate(KernelCatalog.LayerNormModulate, y, x, shift, scale, eps, weight, bias);

    /// <summary>
    /// y = (x / sqrt(mean of x^2 + eps) * weight + bias) * (1 + scale) + shift over the last dimension, in f32. Each absent tensor is left
    /// out. Source: arXiv:1910.07467.
    /// </summary>
    /// <param name="y">(..., dim), f32, bf16 or f16; rows may be strided. Must not overlap x.</param>
    /// <param name="x">As y.</param>
    /// <param name="shift">(samples, dim), rows strided alike with scale; rows of x are divided evenly among the samples. May be absent.</param>
    /// <param name="scale">As shift.</param>
    /// <param name="eps">Added to the mean of squares.</param>
    /// <param name="weight">(dim), contiguous; may be absent.</param>
    /// <param name="bias">(dim), contiguous; may be absent.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void RmsNormModulate(Tensor y, Tensor x, Tensor shift, Tensor scale, float eps, Tensor weight = default, Tensor bias = default) =>
        NormModulate(KernelCatalog.RmsNormModulate, y, x, shift, scale, eps, weight, bias);

    /// <summary>x += gate * source; without a gate x += source. The sum is f32, rounded once. Source: arXiv:2212.09748.</summary>
    /// <param name="x">(..., dim), contiguous, f32, bf16 or f16; updated.</param>
    /// <param name="source">As x.</param>
    /// <param name="gate">(samples, dim), rows may be strided; rows of x are divided evenly among the samples. May be absent.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void GateResidual(Tensor x, Tensor source, Tensor gate)
    {
        KernelFamily family = KernelCatalog.GateResidual;
        CheckResidual(family, x, source);
        Modulation modulation = new(family.Name, x);
        modulation.Add("gate", gate);
        if (x.ElementCount == 0) return;
        Kernel kernel = Device.Kernels.Get(family[x.DType]);
        Trace?.Declare(OperationKind.Kernel, (2 * x.ByteCount) + source.ByteCount + gate.ByteCount);
        Launch(
            kernel, RowGeometry(modulation.Rows, modulation.Dim, x.DType), x, source, gate, modulation.Rows, modulation.Tokens, modulation.Dim,
            modulation.Stride);
    }

    /// <summary>
    /// x += gate * source, then h = LN(x) * (1 + scale) + shift, in one pass over memory; the same bits as <see cref="GateResidual"/> followed
    /// by <see cref="LayerNormModulate"/>. Source: arXiv:2212.09748.
    /// </summary>
    /// <param name="x">(..., dim), contiguous, f32, bf16 or f16; updated.</param>
    /// <param name="h">As x; written. Must not overlap x or source.</param>
    /// <param name="source">As x.</param>
    /// <param name="gate">(samples, dim); rows of gate, shift and scale are strided alike. May be absent.</param>
    /// <param name="shift">As gate.</param>
    /// <param name="scale">As gate.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void GateResidualLayerNormModulate(Tensor x, Tensor h, Tensor source, Tensor gate, Tensor shift, Tensor scale, float eps)
    {
        KernelFamily family = KernelCatalog.GateResidualLayerNormModulate;
        CheckResidual(family, x, source);
        CheckAlike(family.Name, "h", h, "x", x);
        ShapeCheck.Contiguous(family.Name, "h", h);
        Modulation modulation = new(family.Name, x);
        modulation.Add("gate", gate);
        modulation.Add("shift", shift);
        modulation.Add("scale", scale);
        if (x.ElementCount == 0) return;
        Kernel kernel = Device.Kernels.Get(family[x.DType]);
        Trace?.Declare(OperationKind.Kernel, (2 * x.ByteCount) + h.ByteCount + source.ByteCount + gate.ByteCount + shift.ByteCount + scale.ByteCount);
        Launch(
            kernel, RowGeometry(modulation.Rows, modulation.Dim, x.DType), x, h, source, gate, shift, scale, modulation.Rows, modulation.Tokens,
            modulation.Dim, modulation.Stride, eps);
    }

    private void NormModulate(
        KernelFamily family, in Tensor y, in Tensor x, in Tensor shift, in Tensor scale, float eps, in Tensor weight, in Tensor bias)
    {
        CheckAlike(family.Name, "y", y, "x", x);
        RowView yRows = ShapeCheck.Rows(family.Name, "y", y), xRows = ShapeCheck.Rows(family.Name, "x", x);
        Modulation modulation = new(family.Name, x);
        modulation.Add("shift", shift);
        modulation.Add("scale", scale);
        CheckChannels(family.Name, "weight", weight, x);
        CheckChannels(family.Name, "bias", bias, x);
        if (x.ElementCount == 0) return;
        Kernel kernel = Device.Kernels.Get(family[x.DType]);
        Trace?.Declare(OperationKind.Kernel, y.ByteCount + x.ByteCount + shift.ByteCount + scale.ByteCount + weight.ByteCount + bias.ByteCount);
        Launch(
            kernel, RowGeometry(modulation.Rows, modulation.Dim, x.DType), y, x, weight, bias, shift, scale, modulation.Rows, modulation.Tokens,
            modulation.Dim, xRows.Stride, yRows.Stride, modulation.Stride, eps);
    }

    private static void CheckAlike(string operation, string name, in Tensor tensor, string otherName, in Tensor other)
    {
        ShapeCheck.SameType(operation, name, tensor, otherName, other);
        ShapeCheck.SameShape(operation, name, tensor, otherName, other);
    }

    private static void CheckResidual(KernelFamily family, in Tensor x, in Tensor source)
    {
        CheckAlike(family.Name, "source", source, "x", x);
        ShapeCheck.Contiguous(family.Name, "x", x);
        ShapeCheck.Contiguous(family.Name, "source", source);
    }

    private static void CheckChannels(string operation, string name, in Tensor tensor, in Tensor x)
    {
        if (tensor.IsNull) return;
        ShapeCheck.SameType(operation, name, tensor, "x", x);
        ShapeCheck.Rank(operation, name, tensor, 1);
        if (tensor[0] != x[^1]) throw new ArgumentException(Invariant($"{operation}: {name} has {tensor[0]} elements, x has dim {x[^1]}"));
    }

    /// <summary>The rows of x and the per-sample tensors that modulate them, which share one row stride.</summary>
    private struct Modulation
    {
        private readonly string operation;
        private readonly Tensor x;
        private long samples;

        public Modulation(string operation, in Tensor x)
        {
            this.operation = operation;
            this.x = x;
            if (x.Rank < 1) throw new ArgumentException($"{operation}: x is {x}, expected at least 1 dimension");
            Dim = ShapeCheck.Int(operation, "dim", x[^1]);
            Rows = ShapeCheck.Int(operation, "rows", Dim == 0 ? 0 : x.ElementCount / Dim);
            Tokens = Math.Max(1, Rows);
            Stride = Dim;
        }

        public int Rows { get; }

        public int Dim { get; }

        public int Tokens { get; private set; }

        public long Stride { get; private set; }

        public void Add(string name, in Tensor tensor)
        {
            if (tensor.IsNull) return;
            ShapeCheck.SameType(operation, name, tensor, "x", x);
            RowView rows = ShapeCheck.Rows(operation, name, tensor);
            if (rows.Length != Dim) throw new ArgumentException(Invariant($"{operation}: {name} has {rows.Length} elements, x has dim {Dim}"));
            if (rows.Rows < 1 || Rows % rows.Rows != 0)
                throw new ArgumentException(Invariant($"{operation}: {name} is {tensor}, x is {x}: {Rows} rows for {rows.Rows} samples"));
            if (samples != 0 && (samples != rows.Rows || (samples > 1 && Stride != rows.Stride)))
            {
                throw new ArgumentException(
                    $"{operation}: {name} is {TensorView.WithStrides(tensor)}: other rows or strides than the tensor before it");
            }
            samples = rows.Rows;
            Stride = rows.Stride;
            Tokens = (int)Math.Max(1, Rows / samples);
        }
    }
}
