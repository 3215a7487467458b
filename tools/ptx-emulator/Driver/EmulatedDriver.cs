using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>
/// The CUDA driver's functions over the emulated devices. Work runs when it is queued, so its errors are answered by the call that queues it, as a
/// driver does under <c>CUDA_LAUNCH_BLOCKING=1</c>. No managed exception leaves a function.
/// </summary>
internal static unsafe partial class EmulatedDriver
{
    private const int Version = 12090;

    private static readonly FrozenDictionary<string, nint> Table = Exports.Of(typeof(EmulatedDriver));

    private static volatile bool initialised;

    [ThreadStatic]
    private static string? lastReport;

    /// <summary>Why the last call that was refused on this thread was refused; empty where its result says it all.</summary>
    public static string LastReport => lastReport ?? "";

    /// <summary>The address of a function, 0 where there is none of that name.</summary>
    /// <param name="name">As libcuda exports it.</param>
    public static nint Resolve(string name) => Table.GetValueOrDefault(name);

    /// <summary>Ends the handles of everything that was made in a context.</summary>
    public static void ReleaseAllOf(EmulatedContext context)
    {
        StreamCapture.Abandon(stream => stream.Context == context);
        Graphs.RemoveOf(context);
        Executables.RemoveOf(context);
        Events.RemoveOf(context);
        Streams.RemoveOf(context);
        EmulatedBlas.ReleaseAllOf(context);
        Functions.RemoveOf(context);
        Modules.RemoveOf(context);                               // their variables end with the context's memory
    }

    /// <summary>Keeps a report for <see cref="LastReport"/> and for the current device.</summary>
    public static void Report(string report)
    {
        lastReport = report;
        if (ContextStack.Top is EmulatedContext context) context.Device.LastReport = report;
    }

    // Runs a function's body, after cuInit only, and turns every exception into a result.
    private static CuResult Call(Action body)
    {
        if (!initialised) return Refuse(CuResult.CUDA_ERROR_NOT_INITIALIZED, "cuInit was not called");
        try
        {
            body();
            return CuResult.CUDA_SUCCESS;
        }
        catch (DriverException refusal)
        {
            return Refuse(refusal.Result, refusal.Message);
        }
        catch (OutOfMemoryException none)
        {
            return Refuse(CuResult.CUDA_ERROR_OUT_OF_MEMORY, $"this machine has no room: {none.Message}");
        }
        catch (Exception unexpected)
        {
            return Refuse(CuResult.CUDA_ERROR_UNKNOWN, unexpected.ToString());
        }
    }

    private static CuResult Refuse(CuResult result, string report)
    {
        Report(report);
        return result;
    }

    private static void RequirePointer(void* pointer, string name) => DriverException.Require(pointer is not null, $"{name} is null");
}

/// <summary>Native addresses of static functions.</summary>
internal static class Exports
{
    /// <summary>The address of each function of a type that native code can call, by its name.</summary>
    public static FrozenDictionary<string, nint> Of(Type type) => type
        .GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
        .Where(method => method.IsDefined(typeof(UnmanagedCallersOnlyAttribute)))
        .ToFrozenDictionary(method => method.Name, method => method.MethodHandle.GetFunctionPointer());
}
