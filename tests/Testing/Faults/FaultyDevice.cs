using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>
/// The CPU device behind a table of functions that count their calls and fail where a plan says so. Opened by name (<c>faulty</c>) like any
/// device. One plan serves the whole process: tests that use it do not run side by side.
/// </summary>
public static class FaultyDevice
{
    /// <summary>The device's name.</summary>
    public const string Name = "faulty";

    private static readonly Lazy<LoadedLibrary> Library = new(Load);
    private static readonly ConcurrentDictionary<string, (Delegate? Shim, nint Address)> Shims = new();   // never freed: finalizers call late

    static FaultyDevice() => DeviceBackends.Register(Name, _ =>
    {
        DeviceBackend cpu = DeviceBackends.Open("cpu");
        return new DeviceBackend(Name, cpu.Ordinal, Resolve, Resolve, Resolve)
        {
            Architecture = cpu.Architecture,
            CompilesAtOnce = true,
            Workers = cpu.Workers,
        };
    });

    /// <summary>What is to fail, and what was counted.</summary>
    public static FaultPlan Plan { get; } = new();

    /// <summary>Opens the device.</summary>
    public static Device Open() => Device.Open(Name);

    /// <summary>The address of a function of the CPU device, wrapped.</summary>
    /// <param name="name">Its export name.</param>
    public static nint Resolve(string name) => Shims.GetOrAdd(name, Wrap).Address;

    private static LoadedLibrary Load() => LibraryLoader.TryOpen(LibraryNames.Cpu(), out LoadedLibrary? library, out string reason)
        ? library
        : throw new DllNotFoundException(reason);

    private static (Delegate? Shim, nint Address) Wrap(string name)
    {
        nint original = Library.Value.Find(name);
        if (original == 0 || !NativeCall.All.TryGetValue(name, out NativeCall? call)) return (null, original);
        Delegate shim = NativeShim.Create(original, call.ArgumentCount, (first, second, run) => Call(call, first, second, run));
        return (shim, Marshal.GetFunctionPointerForDelegate(shim));
    }

    private static int Call(NativeCall call, nint first, nint second, Func<int> run)
    {
        if (Plan.Refuse(call, second) is not int refused)
        {
            int result = run();
            Plan.Note(call, first, second, result);
            return result;
        }
        if (call.Destroys is not null) Plan.Note(call, first, second, run());   // freed, though the answer is the context's failure
        if (call.Name == "cuStreamEndCapture" && run() == 0) DropGraph(second);   // a capture ends, whatever comes of it
        return refused;
    }

    private static void DropGraph(nint graph)
    {
        NativeShim.Original1 destroy = Marshal.GetDelegateForFunctionPointer<NativeShim.Original1>(Library.Value.Find("cuGraphDestroy"));
        destroy(Marshal.ReadIntPtr(graph));
        Marshal.WriteIntPtr(graph, 0);
    }
}
