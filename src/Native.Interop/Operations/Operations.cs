using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>
/// Typed launchers: each queues its work on one stream and returns. Shapes and types are checked first; after the first use of a shape
/// nothing is allocated. One thread at a time may use an object; several objects may share a device.
/// </summary>
public sealed unsafe partial class Operations : IDisposable
{
    private const int MaxArguments = 32;

    internal Operations(Device device, DeviceStream stream)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(stream);
        Device = device;
        Stream = stream;
        linear = new LinearPlans(device, stream);
    }

    /// <summary>The device.</summary>
    public Device Device { get; }

    /// <summary>The stream that work is queued on.</summary>
    public DeviceStream Stream { get; }

    /// <summary>Is told of every operation that is queued here; null for none. The caller keeps and disposes it.</summary>
    public OperationTrace? Trace { get; set; }

    /// <summary>Queues a kernel.</summary>
    /// <param name="kernel">The kernel, of this device.</param>
    /// <param name="geometry">Blocks, threads, shared memory.</param>
    /// <param name="arguments">The kernel's arguments in order; numbers must have the C type that the kernel declares.</param>
    /// <exception cref="DeviceException">The driver refused, for example because a block has too many threads.</exception>
    /// <exception cref="ObjectDisposedException">The device or the stream is closed.</exception>
    public void Launch(Kernel kernel, LaunchGeometry geometry, params ReadOnlySpan<KernelArgument> arguments)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (arguments.Length > MaxArguments) throw new ArgumentException(Invariant($"{arguments.Length} arguments; at most {MaxArguments}"));
        ulong* values = stackalloc ulong[MaxArguments];
        void** pointers = stackalloc void*[MaxArguments];
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].Bits;                       // little-endian: an int or a float lies in the first four bytes
            pointers[i] = arguments[i].IsReference ? (void*)values[i] : &values[i];
        }
        ContextHandle context = Device.Context;
        using ContextScope current = context.Push();
        Trace?.Begin(Stream);
        CuResult result = context.Driver.cuLaunchKernel(
            kernel.Function, (uint)geometry.GridX, (uint)geometry.GridY, (uint)geometry.GridZ, (uint)geometry.BlockX, 1, 1,
            (uint)geometry.SharedBytes, Stream.Native, pointers, null);
        if (result != CuResult.CUDA_SUCCESS)
            throw context.Error(result, nameof(CudaDriver.cuLaunchKernel), $"{kernel.NameExpression}, {geometry}, or work queued before it");
        Trace?.End(Stream, kernel.NameExpression);
    }

    /// <summary>y = x, for tensors of one shape and type. Neither needs to be contiguous; each gapless run is one copy.</summary>
    /// <param name="y">Written.</param>
    /// <param name="x">Read; must not overlap y.</param>
    /// <exception cref="ArgumentException">Shapes or types differ.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Copy(Tensor y, Tensor x)
    {
        ShapeCheck.SameType("copy", "y", y, "x", x);
        ShapeCheck.SameShape("copy", "y", y, "x", x);
        if (x.ElementCount == 0) return;
        using ContextScope current = Device.Context.Push();
        CopyRuns(y, x);
    }

    /// <summary>Sets every byte of a tensor to 0.</summary>
    /// <param name="y">Contiguous.</param>
    /// <exception cref="ArgumentException">The tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void FillZero(Tensor y)
    {
        ShapeCheck.Contiguous("fill", "y", y);
        if (y.ElementCount == 0) return;
        ContextHandle context = Device.Context;
        using ContextScope current = context.Push();
        Trace?.Declare(OperationKind.Fill, y.ByteCount);
        Trace?.Begin(Stream);
        CuResult result = context.Driver.cuMemsetD8Async(y.Pointer, 0, (nuint)y.ByteCount, Stream.Native);
        if (result != CuResult.CUDA_SUCCESS)
            throw context.Error(result, nameof(CudaDriver.cuMemsetD8Async), Invariant($"{y.ByteCount} bytes of {y}"));
        Trace?.End(Stream, "fill");
    }

    /// <summary>Frees what the operations keep between calls: descriptors of matrix products.</summary>
    public void Dispose() => linear.Dispose();

    private void CopyRuns(in Tensor y, in Tensor x)
    {
        if (y.IsContiguous && x.IsContiguous)
        {
            ContextHandle context = Device.Context;
            Trace?.Declare(OperationKind.Copy, 2 * x.ByteCount);
            Trace?.Begin(Stream);
            CuResult result = context.Driver.cuMemcpyDtoDAsync_v2(y.Pointer, x.Pointer, (nuint)x.ByteCount, Stream.Native);
            if (result != CuResult.CUDA_SUCCESS)
                throw context.Error(result, nameof(CudaDriver.cuMemcpyDtoDAsync_v2), Invariant($"{x.ByteCount} bytes, {x}"));
            Trace?.End(Stream, "copy");
            return;
        }
        for (long i = 0; i < x[0]; i++) CopyRuns(y.Select(i), x.Select(i));
    }
}
