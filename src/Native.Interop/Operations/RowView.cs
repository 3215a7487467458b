namespace Ditto.Interop;

/// <summary>A tensor seen as rows of its last dimension.</summary>
/// <param name="Rows">The product of the leading lengths.</param>
/// <param name="Length">Elements of a row.</param>
/// <param name="Stride">Elements from one row to the next.</param>
internal readonly record struct RowView(long Rows, long Length, long Stride)
{
    /// <summary>Flattens the leading dimensions, where one stride leads from each row to the next.</summary>
    public static bool TryFlatten(in Tensor tensor, out RowView view)
    {
        view = default;
        if (tensor.Rank == 0) return false;
        long rows = 1;
        long stride = 0;
        for (int dim = tensor.Rank - 2; dim >= 0; dim--)
        {
            if (tensor[dim] == 1) continue;
            if (rows == 1) stride = tensor.Stride(dim);
            else if (tensor.Stride(dim) != rows * stride) return false;
            rows *= tensor[dim];
        }
        view = new RowView(rows, tensor[^1], rows > 1 ? stride : tensor[^1]);
        return true;
    }
}
