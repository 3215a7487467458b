namespace Ditto.Interop;

/// <content>Matrix products.</content>
public sealed unsafe partial class Operations
{
    private const string LinearName = "linear";

    private readonly LinearPlans linear;

    /// <summary>
    /// y = act(x W^T + bias + residual), summed in f32 (f64 for f64). x is (..., K), weight (N, K), bias (N), y and residual (..., N).
    /// Leading dimensions are flattened; rows may be strided. Where they cannot be flattened, the outermost one is a batch with its own stride.
    /// </summary>
    /// <param name="y">(..., N): f32, bf16, f16 or f64; the type of x, or f32. May be the residual itself.</param>
    /// <param name="x">(..., K).</param>
    /// <param name="weight">(N, K), the type of x.</param>
    /// <param name="bias">(N), contiguous, the type of y; absent for none.</param>
    /// <param name="residual">As y, with its own strides; absent for none. It is added before the activation.</param>
    /// <param name="activation">What is applied last.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The library has no algorithm, or refused.</exception>
    public void Linear(Tensor y, Tensor x, Tensor weight, Tensor bias = default, Tensor residual = default, Activation activation = Activation.None)
    {
        CheckLinear(y, x, weight, bias, residual);
        if (y.ElementCount == 0) return;
        Tensor addend = residual.IsNull ? y : residual;
        int batch = 1;
        long rows;
        MatrixStrides yStrides, xStrides, addendStrides;
        if (RowView.TryFlatten(y, out RowView yRows) & RowView.TryFlatten(x, out RowView xRows) & RowView.TryFlatten(addend, out RowView addendRows))
        {
            rows = yRows.Rows;
            (yStrides, xStrides, addendStrides) = (new(yRows.Stride, 0), new(xRows.Stride, 0), new(addendRows.Stride, 0));
        }
        else
        {
            batch = ShapeCheck.Int(LinearName, "the outermost length", y[0]);
            rows = BatchRows("y", y, out yStrides);
            BatchRows("x", x, out xStrides);
            BatchRows("residual", addend, out addendStrides);
        }
        CublasLtEpilogue epilogue = (bias.IsNull, activation) switch
        {
            (true, Activation.None) => CublasLtEpilogue.CUBLASLT_EPILOGUE_DEFAULT,
            (false, Activation.None) => CublasLtEpilogue.CUBLASLT_EPILOGUE_BIAS,
            (true, Activation.GeluTanh) => CublasLtEpilogue.CUBLASLT_EPILOGUE_GELU,
            (false, Activation.GeluTanh) => CublasLtEpilogue.CUBLASLT_EPILOGUE_GELU_BIAS,
            _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
        };
        long n = weight[0], k = weight[1];
        MatrixStrides weightStrides = new(n > 1 ? weight.Stride(0) : k, 0);
        ulong alignments = LinearKey.PackAlignments(weight.Pointer, x.Pointer, addend.Pointer, y.Pointer, bias.Pointer);
        LinearKey key = new(
            x.DType, y.DType, rows, n, k, batch, xStrides, weightStrides, addendStrides, yStrides, epilogue, !residual.IsNull, alignments);
        Trace?.Declare(
            OperationKind.Product, y.ByteCount + x.ByteCount + weight.ByteCount + bias.ByteCount + residual.ByteCount, 2 * rows * n * k * batch);
        Trace?.Begin(Stream);
        linear.Launch(key, weight.Pointer, x.Pointer, addend.Pointer, y.Pointer, bias.Pointer);
        Trace?.End(Stream, key.ToShortText());
    }

    private static void CheckLinear(in Tensor y, in Tensor x, in Tensor weight, in Tensor bias, in Tensor residual)
    {
        ShapeCheck.Rank(LinearName, "weight", weight, 2);
        ShapeCheck.SameType(LinearName, "x", x, "weight", weight);
        ShapeCheck.Present(LinearName, "y", y);
        if (!LinearPlan.IsSupported(x.DType) || (y.DType != x.DType && y.DType != DType.F32) || (x.DType == DType.F64 && y.DType != DType.F64))
            throw new ArgumentException($"linear: no product from {x} to {y}; y has the type of x, or f32");
        if (x.Rank < 1 || x.Rank != y.Rank || !x.Shape[..^1].SequenceEqual(y.Shape[..^1]))
            throw new ArgumentException($"linear: x is {x}, y is {y}: the leading lengths differ");
        ShapeCheck.Length(LinearName, "x", x, ^1, weight[1], "weight has that many columns");
        ShapeCheck.Length(LinearName, "y", y, ^1, weight[0], "weight has that many rows");
        if (weight[1] == 0) throw new ArgumentException($"linear: weight is {weight}: K must be at least 1");
        if (!bias.IsNull)
        {
            ShapeCheck.SameType(LinearName, "bias", bias, "y", y);
            ShapeCheck.Rank(LinearName, "bias", bias, 1);
            ShapeCheck.Length(LinearName, "bias", bias, 0, weight[0], "weight has that many rows");
        }
        if (residual.IsNull) return;
        ShapeCheck.SameType(LinearName, "residual", residual, "y", y);
        ShapeCheck.SameShape(LinearName, "residual", residual, "y", y);
    }

    private static long BatchRows(string name, in Tensor tensor, out MatrixStrides strides)
    {
        if (tensor.Rank < 3 || !RowView.TryFlatten(tensor.Select(0), out RowView rows))
            throw new ArgumentException($"linear: the rows of {name}, {TensorView.WithStrides(tensor)}, have several strides");
        strides = new MatrixStrides(rows.Stride, tensor.Stride(0));
        return rows.Rows;
    }
}
