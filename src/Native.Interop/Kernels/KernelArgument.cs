namespace Ditto.Interop;

/// <summary>One argument of a kernel: a number, a device address (0 for an absent tensor), or a struct that is passed by value.</summary>
public readonly struct KernelArgument
{
    private readonly ulong value;

    private KernelArgument(ulong value, bool isReference = false)
    {
        this.value = value;
        IsReference = isReference;
    }

    /// <summary>True where the value is the host address of a struct.</summary>
    internal bool IsReference { get; }

    /// <summary>The number, or the address of the struct.</summary>
    internal ulong Bits => value;

    /// <summary>A C <c>int</c>.</summary>
    public static implicit operator KernelArgument(int value) => new((uint)value);

    /// <summary>A C <c>long long</c>.</summary>
    public static implicit operator KernelArgument(long value) => new((ulong)value);

    /// <summary>A C <c>unsigned long long</c>.</summary>
    public static implicit operator KernelArgument(ulong value) => new(value);

    /// <summary>A C <c>float</c>.</summary>
    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToUInt32Bits(value));

    /// <summary>A pointer to the tensor's first element, null where it is absent.</summary>
    public static implicit operator KernelArgument(Tensor value) => new(value.Pointer);

    /// <summary>A struct that the kernel takes by value. It is read during the launch call.</summary>
    /// <param name="pointer">Host address; the struct must not move until the launch call returns.</param>
    internal static unsafe KernelArgument ByReference(void* pointer) => new((ulong)pointer, isReference: true);
}
