using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>What must hold before bytes are copied between host and device.</summary>
internal static class Transfer
{
    /// <summary>The tensor is contiguous and has exactly the host's bytes.</summary>
    public static void Check(in Tensor tensor, long hostElements, int hostElementSize)
    {
        CheckContiguous(tensor);
        if (hostElements * hostElementSize != tensor.ByteCount)
            throw new ArgumentException(Invariant($"copy: {tensor} has {tensor.ByteCount} bytes, the host memory {hostElements * hostElementSize}"));
    }

    /// <summary>The tensor is contiguous and fits into the host's bytes.</summary>
    public static void CheckFits(in Tensor tensor, long hostBytes)
    {
        CheckContiguous(tensor);
        if (tensor.ByteCount > hostBytes)
            throw new ArgumentException(Invariant($"copy: {tensor} has {tensor.ByteCount} bytes, the host memory only {hostBytes}"));
    }

    private static void CheckContiguous(in Tensor tensor)
    {
        if (tensor.IsNull) throw new ArgumentException("copy: the tensor is absent");
        if (!tensor.IsContiguous) throw new ArgumentException($"copy: {TensorView.WithStrides(tensor)} is not contiguous");
    }
}
