namespace Ditto.Interop;

/// <summary>One tensor of a plan, and when it is alive.</summary>
/// <param name="Index">Position in the plan.</param>
/// <param name="Name">A name for reports.</param>
/// <param name="DType">Element type.</param>
/// <param name="FirstUse">The first step of the plan's own clock in which it is alive.</param>
/// <param name="LastUse">The last such step, inclusive.</param>
/// <param name="ByteCount">Size in bytes, rounded up to the alignment.</param>
public sealed record PoolSlot(int Index, string Name, DType DType, int FirstUse, int LastUse, long ByteCount)
{
    private readonly long[] shape = [];

    internal PoolSlot(int index, string name, DType type, long[] shape, int firstUse, int lastUse, long byteCount)
        : this(index, name, type, firstUse, lastUse, byteCount) => this.shape = shape;

    /// <summary>Lengths, outermost first.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>True where both are alive in some step.</summary>
    /// <param name="other">The other slot.</param>
    public bool IsAliveWith(PoolSlot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return FirstUse <= other.LastUse && other.FirstUse <= LastUse;
    }
}
