using System.Globalization;
using System.Text;

namespace Ditto.Interop;

/// <summary>Arithmetic of views: which strides show the same memory with other lengths.</summary>
internal static class TensorView
{
    /// <summary>Replaces one -1 by the length that the others leave.</summary>
    public static void InferLength(Span<long> shape, in Tensor viewed)
    {
        long elementCount = viewed.ElementCount;
        int open = -1;
        long known = 1;
        for (int dim = 0; dim < shape.Length; dim++)
        {
            if (shape[dim] != -1) known = checked(known * shape[dim]);
            else if (open < 0) open = dim;
            else throw new ArgumentException($"[{Join(shape)}] has two open lengths");
        }
        if (open >= 0 && known != 0 && elementCount % known == 0) shape[open] = elementCount / known;
        else if (open >= 0 || known != elementCount)
            throw new ArgumentException($"cannot view {viewed} as [{Join(shape)}]: the element counts differ");
    }

    /// <summary>Strides of a reshaped view. Old dimensions without a gap between them form one run; a new dimension must not cross runs.</summary>
    /// <returns>False where only a copy could do it.</returns>
    public static bool TryStrides(ReadOnlySpan<long> oldShape, ReadOnlySpan<long> oldStrides, ReadOnlySpan<long> newShape, Span<long> newStrides)
    {
        if (newShape.Contains(0) || oldShape.Length == 0)
        {
            Tensor.ContiguousStrides(newShape, newStrides);
            return true;
        }
        int next = newShape.Length - 1;                          // innermost new dimension that has no stride yet
        long runStride = oldStrides[^1];
        long runLength = 1;                                      // elements of the run seen so far
        long assigned = 1;                                       // elements of the run that have new dimensions
        for (int dim = oldShape.Length - 1; dim >= 0; dim--)
        {
            runLength *= oldShape[dim];
            bool runEnds = dim == 0 || (oldShape[dim - 1] != 1 && oldStrides[dim - 1] != runLength * runStride);
            if (!runEnds) continue;
            while (next >= 0 && (assigned < runLength || newShape[next] == 1))
            {
                newStrides[next] = assigned * runStride;
                assigned *= newShape[next--];
            }
            if (assigned != runLength) return false;
            if (dim == 0) break;
            runStride = oldStrides[dim - 1];
            runLength = assigned = 1;
        }
        if (next >= 0 || newShape.Length == 0) return next < 0;
        int last = newShape.Length - 1;
        if (newShape[last] == 1) newStrides[last] = 1;           // a length of 1 has no next element
        return newStrides[last] == 1;
    }

    /// <summary>A tensor's type, lengths and strides, for messages.</summary>
    public static string WithStrides(in Tensor tensor) => $"{tensor} with strides [{Join(tensor.Strides)}]";

    /// <summary>The numbers with commas between.</summary>
    public static string Join(ReadOnlySpan<long> values)
    {
        StringBuilder text = new();
        foreach (long value in values) text.Append(text.Length == 0 ? "" : ", ").Append(value.ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
