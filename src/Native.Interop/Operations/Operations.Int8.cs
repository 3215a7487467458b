using static System.FormattableString;

namespace Ditto.Interop;

/// <content>Linear layers with int8 weights.</content>
public sealed unsafe partial class Operations
{
    private const string Int8Name = "int8 linear";

    /// <summary>
    /// y = act(x W^T + bias + residual) with a weight of either kind. In int8 each row of x is quantised as the weights are, the products are
    /// summed exactly in i32, and the scales come back in f32; a row of x with a NaN or an infinity gives a row of NaN.
    /// </summary>
    /// <param name="y">(..., N): f32, bf16 or f16; rows may be strided. May be the residual itself.</param>
    /// <param name="x">(..., K): f32, bf16 or f16; rows may be strided.</param>
    /// <param name="weight">Weight and bias.</param>
    /// <param name="scratch">Needed for int8 weights; must not overlap the other tensors.</param>
    /// <param name="residual">As y; absent for none. It is added before the activation.</param>
    /// <param name="activation">What is applied last.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit, or the scratch is too small; it names both sides.</exception>
    /// <exception cref="DeviceException">The library has no algorithm, or refused.</exception>
    public void Linear(
        Tensor y, Tensor x, in LinearWeight weight, in Int8Scratch scratch, Tensor residual = default, Activation activation = Activation.None)
    {
        if (!weight.IsInt8)
        {
            Linear(y, x, weight.Values, weight.Bias, residual, activation);
            return;
        }
        ShapeCheck.Rank(Int8Name, "weight", weight.Values, 2);
        ShapeCheck.Rank(Int8Name, "scales", weight.Scales, 1);
        RowView rows = ShapeCheck.Rows(Int8Name, "x", x);
        long n = weight.Scales[0], length = weight.Values[1];
        if (LinearWeight.Int8Rows(n) != weight.Values[0] || LinearWeight.Int8Length(rows.Length) != length)
            throw new ArgumentException(Invariant($"{Int8Name}: weight is {weight.Values} with scales {weight.Scales}, x is {x}: they do not fit"));
        if (rows.Rows == 0) return;
        Tensor values = Part("values", scratch.Values, DType.I8, rows.Rows, length), scales = Part("scales", scratch.Scales, DType.F32, 1, rows.Rows);
        Tensor sums = Part("sums", scratch.Sums, DType.I32, rows.Rows, weight.Values[0]);
        QuantizeRows(values, scales.Reshape(-1), x);
        ProductInt8(sums, values, weight.Values);
        Dequantize(y, sums, scales.Reshape(-1), weight.Scales, weight.Bias, residual, activation);
    }

    /// <summary>
    /// q[r, c] = x[r, c] / scale[r] to nearest even, scale[r] = max |x[r]| / 127. A row with a NaN or an infinity has the scale NaN and zeros;
    /// rows below 1e-30 are zeros.
    /// </summary>
    /// <param name="q">(rows, length) i8, contiguous, length at least that of x's rows; what is beyond them becomes 0.</param>
    /// <param name="scales">(rows) f32, contiguous.</param>
    /// <param name="x">(..., dim) f32, bf16 or f16; rows may be strided.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void QuantizeRows(Tensor q, Tensor scales, Tensor x)
    {
        KernelFamily family = KernelCatalog.QuantizeRows;
        RowView rows = ShapeCheck.Rows(family.Name, "x", x);
        KernelEntry entry = family[x.DType];
        ShapeCheck.Type(family.Name, "q", q, DType.I8);
        ShapeCheck.Rank(family.Name, "q", q, 2);
        ShapeCheck.Contiguous(family.Name, "q", q);
        ShapeCheck.Type(family.Name, "scales", scales, DType.F32);
        ShapeCheck.Contiguous(family.Name, "scales", scales);
        if (q[0] != rows.Rows || scales.ElementCount != rows.Rows || q[1] < rows.Length)
            throw new ArgumentException(Invariant($"{family.Name}: q is {q}, scales is {scales}, x is {x}: {rows.Rows} rows of {rows.Length}"));
        int count = ShapeCheck.Int(family.Name, "rows", rows.Rows), length = ShapeCheck.Int(family.Name, "length", q[1]);
        if (q.ElementCount == 0) return;
        Trace?.Declare(OperationKind.Kernel, q.ByteCount + scales.ByteCount + x.ByteCount);
        Launch(
            Device.Kernels.Get(entry), RowGeometry(count, rows.Length, x.DType), q, scales, x, count, (int)rows.Length, rows.Stride, length);
    }

    /// <summary>sums = x W^T over int8, exact in i32.</summary>
    /// <param name="sums">(rows, N) i32, contiguous; N is a multiple of 4.</param>
    /// <param name="x">(rows, K) i8, contiguous; K is a multiple of 16, at most <see cref="LinearWeight.MaxInt8Depth"/>.</param>
    /// <param name="weight">(N, K) i8, contiguous.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The library has no algorithm, or refused.</exception>
    public void ProductInt8(Tensor sums, Tensor x, Tensor weight)
    {
        CheckMatrix("sums", sums, DType.I32);
        CheckMatrix("x", x, DType.I8);
        CheckMatrix("weight", weight, DType.I8);
        long rows = x[0], n = weight[0], k = weight[1];
        if (sums[0] != rows || sums[1] != n || x[1] != k)
            throw new ArgumentException($"{Int8Name}: sums is {sums}, x is {x}, weight is {weight}: the shapes do not fit");
        if (n % 4 != 0 || k % 16 != 0 || k is 0 or > LinearWeight.MaxInt8Depth)
            throw new ArgumentException(Invariant(
                $"{Int8Name}: weight is {weight}; N is a multiple of 4, K one of 16 and at most {LinearWeight.MaxInt8Depth}"));
        if (sums.ElementCount == 0) return;
        MatrixStrides byK = new(k, 0), byN = new(n, 0);
        ulong alignments = LinearKey.PackAlignments(weight.Pointer, x.Pointer, sums.Pointer, sums.Pointer, 0);
        LinearKey key = new(
            DType.I8, DType.I32, rows, n, k, 1, byK, byK, byN, byN, CublasLtEpilogue.CUBLASLT_EPILOGUE_DEFAULT, false, alignments);
        Trace?.Declare(OperationKind.Product, sums.ByteCount + x.ByteCount + weight.ByteCount, 2 * rows * n * k);
        Trace?.Begin(Stream);
        linear.Launch(key, weight.Pointer, x.Pointer, sums.Pointer, sums.Pointer, 0);
        Trace?.End(Stream, key.ToShortText());
    }

    /// <summary>y[r, c] = act(sums[r, c] * rowScales[r] * columnScales[c] + bias[c] + residual[r, c]), in f32, rounded once.</summary>
    /// <param name="y">(..., columns) f32, bf16 or f16; rows may be strided. May be the residual itself.</param>
    /// <param name="sums">(rows, at least columns) i32; rows may be strided.</param>
    /// <param name="rowScales">(rows) f32, contiguous.</param>
    /// <param name="columnScales">(columns) f32, contiguous.</param>
    /// <param name="bias">(columns), contiguous, the type of y; absent for none.</param>
    /// <param name="residual">As y; absent for none.</param>
    /// <param name="activation">What is applied last.</param>
    /// <exception cref="ArgumentException">Shapes, types or strides do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Dequantize(
        Tensor y, Tensor sums, Tensor rowScales, Tensor columnScales, Tensor bias = default, Tensor residual = default,
        Activation activation = Activation.None)
    {
        KernelFamily family = KernelCatalog.Dequantize;
        RowView rows = ShapeCheck.Rows(family.Name, "y", y);
        KernelEntry entry = family[y.DType];
        ShapeCheck.Type(family.Name, "sums", sums, DType.I32);
        ShapeCheck.Rank(family.Name, "sums", sums, 2);
        ShapeCheck.Type(family.Name, "row scales", rowScales, DType.F32);
        ShapeCheck.Contiguous(family.Name, "row scales", rowScales);
        ShapeCheck.Type(family.Name, "column scales", columnScales, DType.F32);
        ShapeCheck.Contiguous(family.Name, "column scales", columnScales);
        if (sums[0] != rows.Rows || sums[1] < rows.Length || rowScales.ElementCount != rows.Rows || columnScales.ElementCount != rows.Length)
            throw new ArgumentException(
                $"{family.Name}: y is {y}, sums is {sums}, row scales {rowScales}, column scales {columnScales}: the shapes do not fit");
        CheckChannels(family.Name, "bias", bias, y);
        RowView added = rows;
        if (!residual.IsNull)
        {
            CheckAlike(family.Name, "residual", residual, "y", y);
            added = ShapeCheck.Rows(family.Name, "residual", residual);
        }
        if (activation is not (Activation.None or Activation.GeluTanh))
            throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation");
        int count = ShapeCheck.Int(family.Name, "rows", rows.Rows), columns = ShapeCheck.Int(family.Name, "columns", rows.Length);
        if (y.ElementCount == 0) return;
        Trace?.Declare(OperationKind.Kernel, y.ByteCount + (4 * y.ElementCount) + rowScales.ByteCount + columnScales.ByteCount + residual.ByteCount);
        Launch(
            Device.Kernels.Get(entry), RowGeometry(count, columns, DType.F32), y, sums, rowScales, columnScales, bias, residual, count, columns,
            sums.Stride(0), rows.Stride, added.Stride, activation == Activation.GeluTanh ? 1 : 0);
    }

    /// <summary>The first rows x length elements of a scratch tensor as a matrix.</summary>
    private static Tensor Part(string name, in Tensor scratch, DType type, long rows, long length)
    {
        ShapeCheck.Type(Int8Name, name, scratch, type);
        ShapeCheck.Contiguous(Int8Name, name, scratch);
        if (scratch.ElementCount < rows * length)
            throw new ArgumentException(Invariant($"{Int8Name}: scratch {name} is {scratch}, needed are {rows} x {length}"));
        return scratch.Reshape(-1).Slice(0, 0, rows * length).Reshape(rows, length);
    }

    private static void CheckMatrix(string name, in Tensor tensor, DType type)
    {
        ShapeCheck.Type(Int8Name, name, tensor, type);
        ShapeCheck.Rank(Int8Name, name, tensor, 2);
        ShapeCheck.Contiguous(Int8Name, name, tensor);
    }
}
