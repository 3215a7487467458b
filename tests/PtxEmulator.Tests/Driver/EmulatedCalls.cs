using System.Runtime.InteropServices;
using System.Text;
using Ditto.Emulation.Driver;
using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>The emulated driver and its matrix products, called as native code calls them, with one device's context current.</summary>
internal sealed class EmulatedCalls : IDisposable
{
    private const int ScratchBytes = 4096;

    private readonly nint scratch = Marshal.AllocHGlobal(ScratchBytes);
    private readonly nint device;

    public EmulatedCalls(string architecture = "sm_90")
    {
        Device = EmulatedDevice.Find(architecture)!;
        device = Device.Ordinal;
        Check("cuInit", 0);
        Context = Make("cuDevicePrimaryCtxRetain", device);
        Check("cuCtxPushCurrent_v2", Context);
    }

    private delegate int Function0();

    private delegate int Function1(nint a);

    private delegate int Function2(nint a, nint b);

    private delegate int Function3(nint a, nint b, nint c);

    private delegate int Function4(nint a, nint b, nint c, nint d);

    private delegate int Function5(nint a, nint b, nint c, nint d, nint e);

    private delegate int Function10(nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h, nint i, nint j);

    private delegate int Function11(nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h, nint i, nint j, nint k);

    private delegate int Function16(
        nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h, nint i, nint j, nint k, nint l, nint m, nint n, nint o, nint p);

    public EmulatedDevice Device { get; }

    public nint Context { get; }

    /// <summary>Calls a function of the driver; every argument is an address or a whole number.</summary>
    public static CuResult Call(string name, params nint[] arguments) => (CuResult)Invoke(EmulatedDriver.Resolve(name), arguments);

    /// <summary>Calls a function of cuBLASLt.</summary>
    public static CublasStatus Blas(string name, params nint[] arguments) => (CublasStatus)Invoke(EmulatedBlas.Resolve(name), arguments);

    public static void Check(string name, params nint[] arguments) =>
        Assert.That(Call(name, arguments), Is.EqualTo(CuResult.CUDA_SUCCESS), () => $"{name}: {EmulatedDriver.LastReport}");

    public static void CheckBlas(string name, params nint[] arguments) =>
        Assert.That(Blas(name, arguments), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), () => $"{name}: {EmulatedDriver.LastReport}");

    /// <summary>Calls a function whose first argument is where it writes a handle.</summary>
    public nint Make(string name, params nint[] arguments)
    {
        Check(name, [scratch, .. arguments]);
        return Marshal.ReadIntPtr(scratch);
    }

    /// <summary>The same of cuBLASLt.</summary>
    public nint MakeBlas(string name, params nint[] arguments)
    {
        CheckBlas(name, [scratch, .. arguments]);
        return Marshal.ReadIntPtr(scratch);
    }

    /// <summary>Host memory for one call, with these bytes.</summary>
    public nint Host<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes(values).ToArray();
        Marshal.Copy(bytes, 0, scratch + (ScratchBytes / 2), bytes.Length);
        return scratch + (ScratchBytes / 2);
    }

    public int ReadInt(string name, params nint[] arguments)
    {
        Check(name, [scratch, .. arguments]);
        return Marshal.ReadInt32(scratch);
    }

    public nint Allocate(long bytes) => Make("cuMemAlloc_v2", (nint)bytes);

    public nint Upload<T>(params T[] values)
        where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes<T>(values.AsSpan()).ToArray();
        nint address = Allocate(bytes.Length);
        GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        Check("cuMemcpyHtoD_v2", address, pin.AddrOfPinnedObject(), bytes.Length);
        pin.Free();
        return address;
    }

    public T[] Download<T>(nint address, int count)
        where T : unmanaged
    {
        T[] values = new T[count];
        GCHandle pin = GCHandle.Alloc(values, GCHandleType.Pinned);
        Check("cuMemcpyDtoH_v2", pin.AddrOfPinnedObject(), address, MemoryMarshal.AsBytes<T>(values.AsSpan()).Length);
        pin.Free();
        return values;
    }

    public nint Stream(CuStreamFlags flags = CuStreamFlags.CU_STREAM_NON_BLOCKING) => Make("cuStreamCreate", (nint)flags);

    /// <summary>Loads PTX and gives the result and the error log.</summary>
    public (CuResult Result, nint Module, string Log) Load(string ptx)
    {
        nint image = Marshal.StringToCoTaskMemUTF8(ptx), log = Marshal.AllocHGlobal(ScratchBytes);
        Marshal.WriteByte(log, 0);
        nint values = Host<nint>(log, ScratchBytes);
        nint options = values + 64;
        Marshal.WriteInt32(options, (int)CuJitOption.CU_JIT_ERROR_LOG_BUFFER);
        Marshal.WriteInt32(options + 4, (int)CuJitOption.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
        Marshal.WriteIntPtr(scratch, 0);
        CuResult result = Call("cuModuleLoadDataEx", scratch, image, 2, options, values);
        string text = Marshal.PtrToStringUTF8(log)!;
        nint written = Marshal.ReadIntPtr(values + nint.Size);
        Assert.That(written, Is.EqualTo((nint)Encoding.UTF8.GetByteCount(text)), "the size of the log is written back");
        Marshal.FreeCoTaskMem(image);
        Marshal.FreeHGlobal(log);
        return (result, Marshal.ReadIntPtr(scratch), text);
    }

    public nint LoadModule(string ptx)
    {
        (CuResult result, nint module, string log) = Load(ptx);
        Assert.That(result, Is.EqualTo(CuResult.CUDA_SUCCESS), log);
        return module;
    }

    public nint Function(nint module, string name)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(name);
        nint function = Make("cuModuleGetFunction", module, text);
        Marshal.FreeCoTaskMem(text);
        return function;
    }

    /// <summary>Launches with 8-byte arguments.</summary>
    public CuResult Launch(
        nint function, (long X, long Y, long Z) grid, (long X, long Y, long Z) block, long shared, nint stream, params ulong[] arguments)
    {
        nint values = Host<ulong>(arguments), pointers = values + 1024;
        for (int i = 0; i < arguments.Length; i++) Marshal.WriteIntPtr(pointers + (i * nint.Size), values + (i * sizeof(ulong)));
        return Call(
            "cuLaunchKernel", function, (nint)grid.X, (nint)grid.Y, (nint)grid.Z, (nint)block.X, (nint)block.Y, (nint)block.Z, (nint)shared, stream,
            pointers, 0);
    }

    public void Dispose()
    {
        Call("cuCtxPopCurrent_v2", 0);
        Call("cuDevicePrimaryCtxRelease_v2", device);
        Marshal.FreeHGlobal(scratch);
    }

    private static int Invoke(nint address, nint[] a)
    {
        T As<T>() => Marshal.GetDelegateForFunctionPointer<T>(address);
        return a.Length switch
        {
            0 => As<Function0>()(),
            1 => As<Function1>()(a[0]),
            2 => As<Function2>()(a[0], a[1]),
            3 => As<Function3>()(a[0], a[1], a[2]),
            4 => As<Function4>()(a[0], a[1], a[2], a[3]),
            5 => As<Function5>()(a[0], a[1], a[2], a[3], a[4]),
            10 => As<Function10>()(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]),
            11 => As<Function11>()(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10]),
            16 => As<Function16>()(
                a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15]),
            _ => throw new ArgumentOutOfRangeException(nameof(a), a.Length, "no delegate of that many arguments"),
        };
    }
}
