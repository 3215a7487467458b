using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Ditto.Interop;

/// <summary>What this room reports to .NET's own instruments, under the name <c>Ditto</c>.</summary>
internal static class InteropDiagnostics
{
    private const string Name = "Ditto";

    private static readonly Meter Meter = new(Name);

    /// <summary>Spans: <c>compile</c>.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Kernels compiled and not found in the cache.</summary>
    public static Counter<long> KernelCompiles { get; } = Meter.CreateCounter<long>("ditto.kernel.compiles", "{kernel}", "Kernels compiled");
}
