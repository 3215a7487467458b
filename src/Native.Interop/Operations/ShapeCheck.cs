using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>Checks of arguments before a launch. A failed one names the operation and both sides; a passed one allocates nothing.</summary>
internal static class ShapeCheck
{
    /// <summary>The tensor is there.</summary>
    public static void Present(string operation, string name, in Tensor tensor)
    {
        if (tensor.IsNull) throw new ArgumentException($"{operation}: {name} is absent");
    }

    /// <summary>The tensor is there and has this type.</summary>
    public static void Type(string operation, string name, in Tensor tensor, DType type)
    {
        Present(operation, name, tensor);
        if (tensor.DType != type) throw new ArgumentException($"{operation}: {name} is {tensor}, expected {type.ShortName()}");
    }

    /// <summary>Both tensors have the same type.</summary>
    public static void SameType(string operation, string name, in Tensor tensor, string otherName, in Tensor other)
    {
        Present(operation, name, tensor);
        Present(operation, otherName, other);
        if (tensor.DType != other.DType) throw new ArgumentException($"{operation}: {name} is {tensor}, {otherName} is {other}: the types differ");
    }

    /// <summary>Both tensors have the same lengths.</summary>
    public static void SameShape(string operation, string name, in Tensor tensor, string otherName, in Tensor other)
    {
        if (!tensor.HasShapeOf(other)) throw new ArgumentException($"{operation}: {name} is {tensor}, {otherName} is {other}: the shapes differ");
    }

    /// <summary>The tensor has this many dimensions.</summary>
    public static void Rank(string operation, string name, in Tensor tensor, int rank)
    {
        Present(operation, name, tensor);
        if (tensor.Rank != rank) throw new ArgumentException(Invariant($"{operation}: {name} is {tensor}, expected {rank} dimensions"));
    }

    /// <summary>A dimension has the length that another tensor (or a setting) asks for.</summary>
    /// <param name="operation">The operation, for the message.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="dim">The dimension, for example <c>0</c> or <c>^1</c>.</param>
    /// <param name="expected">The length asked for.</param>
    /// <param name="because">Who asks, for example <c>"x has that many channels"</c>.</param>
    public static void Length(string operation, string name, in Tensor tensor, Index dim, long expected, string because)
    {
        Present(operation, name, tensor);
        int position = dim.GetOffset(tensor.Rank);
        if (position < 0 || position >= tensor.Rank || tensor[position] != expected)
            throw new ArgumentException(Invariant($"{operation}: {name} is {tensor}, expected length {expected} in dimension {dim}: {because}"));
    }

    /// <summary>The elements lie without gaps.</summary>
    public static void Contiguous(string operation, string name, in Tensor tensor)
    {
        Present(operation, name, tensor);
        if (!tensor.IsContiguous)
            throw new ArgumentException($"{operation}: {name} is {TensorView.WithStrides(tensor)}, expected contiguous");
    }

    /// <summary>The leading dimensions can be flattened into rows with one stride.</summary>
    public static RowView Rows(string operation, string name, in Tensor tensor)
    {
        Present(operation, name, tensor);
        if (RowView.TryFlatten(tensor, out RowView view)) return view;
        throw new ArgumentException($"{operation}: the rows of {name}, {TensorView.WithStrides(tensor)}, have several strides");
    }

    /// <summary>A length that a kernel takes as a C <c>int</c>.</summary>
    public static int Int(string operation, string name, long value) =>
        value is >= 0 and <= int.MaxValue ? (int)value : throw new ArgumentException(Invariant($"{operation}: {name} = {value} is beyond 2^31-1"));
}
