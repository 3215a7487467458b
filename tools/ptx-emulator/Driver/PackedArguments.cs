using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Driver;

/// <summary>A launch's arguments, copied into a kernel's parameter space.</summary>
internal static unsafe class PackedArguments
{
    private const nint BufferPointer = 1, BufferSize = 2;
    private const int MaxPadding = 16;                           // a C struct of the same arguments ends at a multiple of its alignment

    /// <summary>Reads the arguments while the call lasts.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="arguments">One address for each parameter, or null.</param>
    /// <param name="extra">The packed form <c>{1, buffer, 2, &amp;size, 0}</c>, or null.</param>
    /// <exception cref="DriverException">Both or neither are given, something is null, or the size is wrong.</exception>
    public static byte[] Read(EmulatedFunction function, void** arguments, void** extra)
    {
        DriverException.Require(arguments is null || extra is null, "arguments are given both as pointers and packed");
        byte[] space = new byte[function.ParameterBytes];
        if (extra is not null) ReadPacked(function, extra, space);
        else if (arguments is not null) ReadEach(function, arguments, space);
        else DriverException.Require(function.Parameters.Count == 0, $"{function.Name} takes {function.Parameters.Count} arguments; none are given");
        return space;
    }

    private static void ReadEach(EmulatedFunction function, void** arguments, byte[] space)
    {
        for (int i = 0; i < function.Parameters.Count; i++)
        {
            KernelParameter parameter = function.Parameters[i];
            DriverException.Require(arguments[i] is not null, $"the address of argument {i} of {function.Name} is null");
            new ReadOnlySpan<byte>(arguments[i], parameter.Size).CopyTo(space.AsSpan(parameter.Offset));
        }
    }

    private static void ReadPacked(EmulatedFunction function, void** extra, byte[] space)
    {
        void* buffer = null;
        nuint? size = null;
        for (void** item = extra; *item is not null; item += 2)
        {
            nint kind = (nint)(*item);
            DriverException.Require(kind is BufferPointer or BufferSize, $"extra option {kind}");
            if (kind == BufferPointer) buffer = item[1];
            else size = item[1] is null ? null : *(nuint*)item[1];
        }
        DriverException.Require(size is not null, "the packed arguments have no size");
        nuint wanted = (nuint)space.Length, padded = (wanted + MaxPadding - 1) / MaxPadding * MaxPadding;
        DriverException.Require(
            size >= wanted && size <= padded, $"{size} bytes of packed arguments; {function.Name} takes {wanted}");
        DriverException.Require(buffer is not null || wanted == 0, "the packed arguments are null");
        new ReadOnlySpan<byte>(buffer, space.Length).CopyTo(space);
    }
}
