using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>
/// A device that compiles for a GPU with the real NVRTC and keeps the binaries in the kernel cache; the CPU device does all else, and takes every
/// binary for loaded without looking at it. Kernels cannot be launched.
/// </summary>
public static class CompilingDevice
{
    private const string Name = "compiling", Architecture = "sm_90";

    private static readonly List<Delegate> Alive = [];

    static CompilingDevice() => DeviceBackends.Register(Name, _ => Create());

    /// <summary>Opens the device.</summary>
    /// <exception cref="DeviceException">NVRTC is not here.</exception>
    public static Device Open() => Device.Open(Name);

    private static DeviceBackend Create()
    {
        if (!LibraryLoader.TryOpen(LibraryNames.Nvrtc(), out LoadedLibrary? nvrtc, out string reason))
            throw DeviceException.Unavailable(Name, reason);
        return new DeviceBackend(Name, 0, Driver, nvrtc.Find, FaultyDevice.Resolve) { Architecture = Architecture };
    }

    private static nint Driver(string function) => function switch
    {
        "cuModuleLoadDataEx" or "cuModuleGetFunction" => Stub(function, first => Marshal.WriteIntPtr(first, 1)),
        "cuFuncGetAttribute" => Stub(function, first => Marshal.WriteInt32(first, 1)),
        "cuModuleUnload" => Stub(function, _ => { }),
        _ => FaultyDevice.Resolve(function),
    };

    private static nint Stub(string function, Action<nint> write)
    {
        Delegate stub = NativeShim.Create(FaultyDevice.Resolve(function), NativeCall.All[function].ArgumentCount, (first, _, _) =>
        {
            write(first);
            return 0;
        });
        lock (Alive) Alive.Add(stub);
        return Marshal.GetFunctionPointerForDelegate(stub);
    }
}
