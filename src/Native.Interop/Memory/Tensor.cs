using System.Diagnostics.CodeAnalysis;

namespace Ditto.Interop;

/// <summary>
/// A view of device memory: pointer, element type, lengths and strides. It owns nothing and must not outlive what it views.
/// The last dimension is contiguous. <c>default(Tensor)</c> stands for an absent tensor.
/// </summary>
public readonly struct Tensor : IEquatable<Tensor>
{
    /// <summary>The most dimensions that a tensor has.</summary>
    public const int MaxRank = 5;

    private readonly TensorDims lengths;
    private readonly TensorDims strides;
    private readonly byte rank;

    /// <summary>Device address of the first element; 0 where the tensor is absent.</summary>
    public nuint Pointer { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    private Tensor(nuint pointer, DType type, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        Pointer = pointer;
        DType = type;
        rank = (byte)shape.Length;
        Span<long> lengthsHere = this.lengths;
        Span<long> stridesHere = this.strides;
        shape.CopyTo(lengthsHere);
        strides.CopyTo(stridesHere);
    }

    /// <summary>A contiguous tensor at a device address, which may come from another library. The caller keeps the memory alive.</summary>
    /// <param name="pointer">Device address, not 0.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Lengths, outermost first; up to 5, each at least 0; none for a scalar.</param>
    /// <exception cref="ArgumentException">The pointer is null, the shape is too long or has a negative length.</exception>
    public static Tensor FromDevicePointer(nint pointer, DType type, params ReadOnlySpan<long> shape)
    {
        if (pointer == 0) throw new ArgumentException("a tensor needs an address; default(Tensor) is the absent one", nameof(pointer));
        CheckShape(shape);
        Span<long> strides = stackalloc long[MaxRank];
        ContiguousStrides(shape, strides);
        return new Tensor((nuint)pointer, type, shape, strides[..shape.Length]);
    }

    /// <summary>A strided tensor at a device address. The caller keeps the memory alive.</summary>
    /// <param name="pointer">Device address, not 0.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Lengths, outermost first; up to 5, each at least 0.</param>
    /// <param name="strides">Elements from one index to the next, per dimension, each at least 0; the last is 1.</param>
    /// <exception cref="ArgumentException">The pointer is null, or shape and strides do not fit.</exception>
    public static Tensor FromDevicePointer(nint pointer, DType type, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        if (pointer == 0) throw new ArgumentException("a tensor needs an address; default(Tensor) is the absent one", nameof(pointer));
        CheckShape(shape);
        if (strides.Length != shape.Length) throw new ArgumentException($"{shape.Length} lengths but {strides.Length} strides", nameof(strides));
        if (strides.Length > 0 && strides[^1] != 1) throw new ArgumentException("the last dimension must be contiguous", nameof(strides));
        foreach (long stride in strides)
            if (stride < 0) throw new ArgumentException("negative stride", nameof(strides));
        return new Tensor((nuint)pointer, type, shape, strides);
    }

    /// <summary>True for <c>default(Tensor)</c>: no tensor was given.</summary>
    public bool IsNull => Pointer == 0;

    /// <summary>Number of dimensions, 0 to 5.</summary>
    public int Rank => rank;

    /// <summary>Length of a dimension.</summary>
    /// <param name="dim">0 is the outermost dimension.</param>
    public long this[int dim] => Shape[dim];

    /// <summary>Length of a dimension, counted from either end.</summary>
    /// <param name="dim">For example <c>^1</c>, the innermost dimension.</param>
    public long this[Index dim] => Shape[dim];

    /// <summary>Lengths, outermost first.</summary>
    [UnscopedRef]
    public ReadOnlySpan<long> Shape => ((ReadOnlySpan<long>)lengths)[..rank];

    /// <summary>Elements from one index to the next, per dimension.</summary>
    [UnscopedRef]
    public ReadOnlySpan<long> Strides => ((ReadOnlySpan<long>)strides)[..rank];

    /// <summary>Elements from one index of a dimension to the next.</summary>
    /// <param name="dim">For example <c>0</c> or <c>^2</c>.</param>
    public long Stride(Index dim) => Strides[dim];

    /// <summary>The product of the lengths; 1 for a scalar, 0 for an absent tensor.</summary>
    public long ElementCount
    {
        get
        {
            if (IsNull) return 0;
            long count = 1;
            foreach (long length in Shape) count = checked(count * length);
            return count;
        }
    }

    /// <summary>Bytes of the elements, gaps between strided rows not counted.</summary>
    public long ByteCount => checked(ElementCount * DType.ByteSize());

    /// <summary>True where the elements lie without gaps in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int dim = rank - 1; dim >= 0; dim--)
            {
                if (lengths[dim] == 0) return true;
                if (lengths[dim] == 1) continue;
                if (strides[dim] != expected) return false;
                expected *= lengths[dim];
            }
            return true;
        }
    }

    /// <summary>True where both tensors have the same lengths.</summary>
    /// <param name="other">The tensor to compare with.</param>
    public bool HasShapeOf(in Tensor other) => Shape.SequenceEqual(other.Shape);

    /// <summary>The same memory with other lengths. Strided tensors can be reshaped where no copy is needed.</summary>
    /// <param name="shape">Lengths, outermost first; at most one is -1 and is worked out from the others.</param>
    /// <exception cref="ArgumentException">The element count differs, or the strides do not allow this view.</exception>
    public Tensor Reshape(params ReadOnlySpan<long> shape)
    {
        Span<long> wanted = stackalloc long[MaxRank];
        if (shape.Length > MaxRank) throw new ArgumentException($"{shape.Length} dimensions; a tensor has at most {MaxRank}", nameof(shape));
        shape.CopyTo(wanted);
        wanted = wanted[..shape.Length];
        TensorView.InferLength(wanted, this);
        CheckShape(wanted);
        Span<long> newStrides = stackalloc long[MaxRank];
        if (!TensorView.TryStrides(Shape, Strides, wanted, newStrides))
            throw new ArgumentException($"{this}, strides [{TensorView.Join(Strides)}], has no view [{TensorView.Join(wanted)}] without a copy");
        return new Tensor(Pointer, DType, wanted, newStrides[..wanted.Length]);
    }

    /// <summary>A part of one dimension.</summary>
    /// <param name="dim">The dimension; 0 is the outermost.</param>
    /// <param name="start">First index of the part.</param>
    /// <param name="length">Length of the part.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the dimension.</exception>
    public Tensor Slice(int dim, long start, long length)
    {
        if ((uint)dim >= rank) throw new ArgumentOutOfRangeException(nameof(dim), dim, $"{this} has {Rank} dimensions");
        if (start < 0 || length < 0 || start > lengths[dim] - length)
            throw new ArgumentOutOfRangeException(nameof(start), start, $"{length} from {start} is not inside dimension {dim} of {this}");
        TensorDims shape = lengths;
        shape[dim] = length;
        nuint offset = checked((nuint)(start * strides[dim] * DType.ByteSize()));
        return new Tensor(Pointer + offset, DType, ((ReadOnlySpan<long>)shape)[..rank], Strides);
    }

    /// <summary>One index of the outermost dimension, which is dropped.</summary>
    /// <param name="index">The index.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is not inside the dimension.</exception>
    public Tensor Select(long index)
    {
        Tensor one = Slice(0, index, 1);
        return new Tensor(one.Pointer, DType, one.Shape[1..], one.Strides[1..]);
    }

    /// <inheritdoc/>
    public bool Equals(Tensor other) => Pointer == other.Pointer && DType == other.DType && HasShapeOf(other) && Strides.SequenceEqual(other.Strides);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Pointer, DType, rank, ElementCount);

    /// <summary>Whether both are the same view of the same memory.</summary>
    public static bool operator ==(Tensor left, Tensor right) => left.Equals(right);

    /// <summary>Whether the views differ.</summary>
    public static bool operator !=(Tensor left, Tensor right) => !left.Equals(right);

    /// <summary>Type and lengths, for example <c>bf16 [2, 256, 1152]</c>.</summary>
    public override string ToString() => IsNull ? "absent" : $"{DType.ShortName()} [{TensorView.Join(Shape)}]";

    internal static void ContiguousStrides(ReadOnlySpan<long> shape, Span<long> strides)
    {
        long stride = 1;
        for (int dim = shape.Length - 1; dim >= 0; dim--)
        {
            strides[dim] = stride;
            stride = checked(stride * Math.Max(1, shape[dim]));
        }
    }

    internal static void CheckShape(ReadOnlySpan<long> shape)
    {
        if (shape.Length > MaxRank) throw new ArgumentException($"{shape.Length} dimensions; a tensor has at most {MaxRank}", nameof(shape));
        foreach (long length in shape)
            if (length < 0) throw new ArgumentException($"negative length in [{TensorView.Join(shape)}]", nameof(shape));
    }
}
