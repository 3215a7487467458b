using static System.FormattableString;

namespace Ditto.Interop;

/// <content>Query/key norm and rotary embedding.</content>
public sealed unsafe partial class Operations
{
    /// <summary>
    /// Per head, in place: x = x / sqrt(mean of x^2 + eps) * weight, then each pair (2j, 2j+1) is rotated: a cos - b sin, b cos + a sin; in f32,
    /// rounded once. Sources: arXiv:1910.07467, arXiv:2104.09864 with interleaved pairs.
    /// </summary>
    /// <param name="x">(batch, tokens, heads, head_dim), f32, bf16 or f16; heads side by side, tokens and samples by strides. Updated.</param>
    /// <param name="weight">(head_dim), the type of x; absent for no norm.</param>
    /// <param name="cos">(tokens, head_dim), f32, contiguous; absent, with sin, for no rotation.</param>
    /// <param name="sin">As cos.</param>
    /// <param name="eps">Added to the mean of squares.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void QkNormRope(Tensor x, Tensor weight, Tensor cos, Tensor sin, float eps)
    {
        KernelFamily family = KernelCatalog.QkNormRope;
        ShapeCheck.Rank(family.Name, "x", x, 4);
        if (x[2] > 1 && x.Stride(2) != x[3])
            throw new ArgumentException($"{family.Name}: x is {TensorView.WithStrides(x)}: the heads of a token must lie side by side");
        CheckChannels(family.Name, "weight", weight, x);
        if (cos.IsNull != sin.IsNull) throw new ArgumentException($"{family.Name}: cos is {cos}, sin is {sin}: both or neither");
        CheckRotation(family.Name, "cos", cos, x);
        CheckRotation(family.Name, "sin", sin, x);
        KernelEntry entry = family[x.DType];
        int batch = ShapeCheck.Int(family.Name, "batch", x[0]), tokens = ShapeCheck.Int(family.Name, "tokens", x[1]);
        int heads = ShapeCheck.Int(family.Name, "heads", x[2]), headDim = ShapeCheck.Int(family.Name, "head_dim", x[3]);
        if (x.ElementCount == 0 || (weight.IsNull && cos.IsNull)) return;
        Trace?.Declare(OperationKind.Kernel, (2 * x.ByteCount) + weight.ByteCount + cos.ByteCount + sin.ByteCount);
        Launch(
            Device.Kernels.Get(entry), RowGeometry((long)batch * tokens, (long)heads * headDim, x.DType), x, weight, cos, sin, batch, tokens,
            heads, headDim, x.Stride(0), x.Stride(1), eps);
    }

    private static void CheckRotation(string operation, string name, in Tensor table, in Tensor x)
    {
        if (table.IsNull) return;
        ShapeCheck.Type(operation, name, table, DType.F32);
        ShapeCheck.Rank(operation, name, table, 2);
        ShapeCheck.Contiguous(operation, name, table);
        ShapeCheck.Length(operation, name, table, 0, x[1], "x has that many tokens");
        ShapeCheck.Length(operation, name, table, 1, x[3], "x has that head_dim");
        if (x[3] % 2 != 0) throw new ArgumentException(Invariant($"{operation}: {name} is {table}, x is {x}: an odd head_dim has no pairs"));
    }
}
