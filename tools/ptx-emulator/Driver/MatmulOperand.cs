using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>A column-major matrix in memory, or a batch of them.</summary>
/// <param name="Type">Elements.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Cols">Columns.</param>
/// <param name="Ld">Elements from one column to the next.</param>
/// <param name="Batch">Matrices.</param>
/// <param name="Stride">Elements from one matrix to the next.</param>
internal sealed record MatmulOperand(CudaDataType Type, long Rows, long Cols, long Ld, int Batch, long Stride)
{
    private const long MaxElements = 1L << 60;

    /// <summary>Bytes of an element.</summary>
    public int Size => Type switch
    {
        CudaDataType.CUDA_R_64F => 8,
        CudaDataType.CUDA_R_32F or CudaDataType.CUDA_R_32I => 4,
        CudaDataType.CUDA_R_16F or CudaDataType.CUDA_R_16BF => 2,
        _ => 1,
    };

    /// <summary>What an address must be a multiple of, in bytes: an element, or four of 8 bits.</summary>
    public int Unit => Size == 1 ? 4 : Size;

    /// <summary>Bytes from the first element of the first matrix to the end of the last one's last.</summary>
    public long Bytes => Rows == 0 || Cols == 0 ? 0 : (((Batch - 1) * Stride) + ((Cols - 1) * Ld) + Rows) * Size;

    /// <summary>Reads a layout.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="name">A, B, C or D.</param>
    /// <exception cref="BlasException">A size is wrong: INVALID_VALUE; the order is not that of columns: NOT_SUPPORTED.</exception>
    public static MatmulOperand Of(BlasAttributes layout, char name)
    {
        MatmulOperand made = new((CudaDataType)layout[0], layout[2], layout[3], layout[4], (int)layout[5, 1], layout[6]);
        BlasException.Require(made.Rows is >= 0 and <= int.MaxValue && made.Cols is >= 0 and <= int.MaxValue, $"{name} is {made.Rows} x {made.Cols}");
        bool repeatsColumn = name == 'C' && made.Ld == 0;
        BlasException.Require(made.Ld >= made.Rows || repeatsColumn, $"{name} has {made.Rows} rows and leading dimension {made.Ld}");
        BlasException.Require(made.Batch > 0, $"{name} has batch count {made.Batch}");
        BlasException.Require(made.Stride >= 0, $"{name} has batch stride {made.Stride}");
        double span = ((double)made.Batch * made.Stride) + ((double)made.Cols * made.Ld) + made.Rows;
        BlasException.Require(span < MaxElements, $"{name} spans {span} elements");
        BlasException.Support(layout[1] == 0, $"{name} has order {layout[1]}; supported is 0, columns");
        BlasException.Support(layout[7] == 0 && layout[8] == 0, $"{name} has planes or pointer arrays");
        return made;
    }

    /// <summary>Whether no element of one matrix of the batch is an element of another.</summary>
    public bool IsApart =>
        Batch == 1 || Stride >= ((Cols - 1) * Ld) + Rows || (Stride >= Rows && ((Batch - 1) * Stride) + Rows <= Ld);

    /// <summary>Whether the elements of two operands at one address are the same ones in memory.</summary>
    public bool Covers(MatmulOperand other) =>
        Size == other.Size && Rows == other.Rows && Cols == other.Cols && Batch == other.Batch && (Cols <= 1 || Ld == other.Ld)
        && (Batch == 1 || Stride == other.Stride);

    /// <summary>Whether two operands share bytes. Columns side by side in rows of one length do not.</summary>
    public bool Overlaps(ulong address, MatmulOperand other, ulong otherAddress)
    {
        if (Bytes == 0 || other.Bytes == 0) return false;
        if (address + (ulong)Bytes <= otherAddress || otherAddress + (ulong)other.Bytes <= address) return false;
        ulong pitch = (ulong)(IsColumn ? other.Ld * other.Size : Ld * Size);
        if (pitch == 0 || !HasPitch(pitch) || !other.HasPitch(pitch)) return true;
        if ((ulong)(Rows * Size) > pitch || (ulong)(other.Rows * other.Size) > pitch) return true;
        ulong ahead = address <= otherAddress ? (otherAddress - address) % pitch : (pitch - ((address - otherAddress) % pitch)) % pitch;
        return ahead < (ulong)(Rows * Size) || ahead + (ulong)(other.Rows * other.Size) > pitch;
    }

    private bool IsColumn => Cols == 1 && Batch == 1;

    // Whether columns start a multiple of the pitch apart.
    private bool HasPitch(ulong pitch) =>
        (Cols == 1 || (ulong)(Ld * Size) == pitch) && (Batch == 1 || (ulong)(Stride * Size) % pitch == 0);
}
