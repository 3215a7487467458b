using System.Diagnostics;
using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>Streams, events, capture and graphs.</summary>
internal static unsafe partial class EmulatedDriver
{
    private const nint Legacy = 1, PerThread = 2;

    private static readonly HandleTable<EmulatedStream> Streams = new(0x22, "stream");
    private static readonly HandleTable<EmulatedEvent> Events = new(0x33, "event");
    private static readonly HandleTable<EmulatedGraph> Graphs = new(0x44, "graph"), Executables = new(0x45, "executable graph");

    /// <summary>A stream of the current context; 0, 1 and 2 name its default stream.</summary>
    /// <exception cref="DriverException">There is no context, or no such stream in it.</exception>
    internal static EmulatedStream FindStream(nint handle)
    {
        EmulatedContext context = ContextStack.Current();
        if (handle is >= 0 and <= Legacy) StreamCapture.RefuseLegacy(context);
        if (handle is >= 0 and <= PerThread) return context.DefaultStream;
        EmulatedStream stream = Streams.Find(handle);
        DriverException.Require(stream.Context == context, CuResult.CUDA_ERROR_INVALID_CONTEXT, "the stream belongs to another context");
        return stream;
    }

    [UnmanagedCallersOnly]
    private static CuResult cuStreamCreate(nint* stream, uint flags) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        RequirePointer(stream, nameof(stream));
        DriverException.Require(flags <= (uint)CuStreamFlags.CU_STREAM_NON_BLOCKING, $"flags {flags}");
        *stream = Streams.Add(new EmulatedStream(context, flags));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuStreamDestroy_v2(nint stream) => Call(() =>
    {
        EmulatedStream removed = Streams.Remove(stream);
        StreamCapture.Abandon(began => began == removed);
    });

    [UnmanagedCallersOnly]
    private static CuResult cuStreamSynchronize(nint stream) => Call(() => StreamCapture.RefuseCapturing(FindStream(stream)));

    [UnmanagedCallersOnly]
    private static CuResult cuStreamQuery(nint stream) => Call(() => StreamCapture.RefuseCapturing(FindStream(stream)));

    [UnmanagedCallersOnly]
    private static CuResult cuStreamWaitEvent(nint stream, nint point, uint flags) => Call(() =>
    {
        DriverException.Require(flags <= 1, $"flags {flags}");
        StreamCapture.Wait(FindStream(stream), Events.Find(point));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuEventCreate(nint* point, uint flags) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        RequirePointer(point, nameof(point));
        DriverException.Require(flags <= 7 && (flags & 6) != 4, $"flags {flags}; events for other processes keep no time");
        DriverException.Require((flags & 4) == 0, CuResult.CUDA_ERROR_NOT_SUPPORTED, "events for other processes");
        *point = Events.Add(new EmulatedEvent(context, flags));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuEventDestroy_v2(nint point) => Call(() => Events.Remove(point));

    [UnmanagedCallersOnly]
    private static CuResult cuEventRecord(nint point, nint stream) => Call(() =>
    {
        EmulatedStream target = FindStream(stream);
        EmulatedEvent found = Events.Find(point);
        DriverException.Require(found.Context == target.Context, CuResult.CUDA_ERROR_INVALID_HANDLE, "the event belongs to another context");
        if (!StreamCapture.TryRecord(target, found)) found.Time = Stopwatch.GetTimestamp();
    });

    [UnmanagedCallersOnly]
    private static CuResult cuEventQuery(nint point) => Call(() => RequirePassed(Events.Find(point)));

    [UnmanagedCallersOnly]
    private static CuResult cuEventSynchronize(nint point) => Call(() => RequirePassed(Events.Find(point)));

    [UnmanagedCallersOnly]
    private static CuResult cuEventElapsedTime(float* milliseconds, nint start, nint end) => Call(() =>
    {
        RequirePointer(milliseconds, nameof(milliseconds));
        EmulatedEvent first = Events.Find(start), last = Events.Find(end);
        DriverException.Require(first.Context == last.Context, CuResult.CUDA_ERROR_INVALID_HANDLE, "the events belong to two contexts");
        *milliseconds = (float)Stopwatch.GetElapsedTime(TimeOf(first), TimeOf(last)).TotalMilliseconds;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuStreamBeginCapture_v2(nint stream, CuStreamCaptureMode mode) =>
        Call(() => StreamCapture.Begin(FindStream(stream), mode));

    [UnmanagedCallersOnly]
    private static CuResult cuStreamEndCapture(nint stream, nint* graph) => Call(() =>
    {
        RequirePointer(graph, nameof(graph));
        *graph = 0;
        *graph = Graphs.Add(StreamCapture.End(FindStream(stream)));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuStreamIsCapturing(nint stream, CuStreamCaptureStatus* status) => Call(() =>
    {
        RequirePointer(status, nameof(status));
        *status = StreamCapture.StatusOf(FindStream(stream));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => Call(() =>
    {
        RequirePointer(executable, nameof(executable));
        DriverException.Require(flags < 16, $"flags {flags}");
        DriverException.Require((flags & 4) == 0, CuResult.CUDA_ERROR_NOT_SUPPORTED, "launch from the device");
        *executable = Executables.Add(Graphs.Find(graph, CuResult.CUDA_ERROR_INVALID_VALUE));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuGraphLaunch(nint executable, nint stream) => Call(() =>
    {
        EmulatedStream target = FindStream(stream);
        EmulatedGraph graph = Executables.Find(executable, CuResult.CUDA_ERROR_INVALID_VALUE);
        DriverException.Require(graph.Context == target.Context, CuResult.CUDA_ERROR_INVALID_CONTEXT, "the graph belongs to another context");
        target.Enqueue(new GraphCommand(graph.Commands));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuGraphDestroy(nint graph) => Call(() => Graphs.Remove(graph, CuResult.CUDA_ERROR_INVALID_VALUE));

    [UnmanagedCallersOnly]
    private static CuResult cuGraphExecDestroy(nint executable) => Call(() => Executables.Remove(executable, CuResult.CUDA_ERROR_INVALID_VALUE));

    // Nodes are numbered: nothing here takes one.
    [UnmanagedCallersOnly]
    private static CuResult cuGraphGetNodes(nint graph, nint* nodes, nuint* count) => Call(() =>
    {
        RequirePointer(count, nameof(count));
        nuint present = (nuint)Graphs.Find(graph, CuResult.CUDA_ERROR_INVALID_VALUE).Commands.Count;
        for (nuint i = 0; nodes is not null && i < *count; i++) nodes[i] = i < present ? (nint)((i << 8) | 0x46) : 0;
        *count = nodes is null || *count > present ? present : *count;
    });

    private static void RequirePassed(EmulatedEvent point)
    {
        StreamCapture.RefuseCaptured(point);
        ContextStack.Current();                                  // what failed meanwhile
    }

    private static long TimeOf(EmulatedEvent point)
    {
        DriverException.Require(point.HasTime, CuResult.CUDA_ERROR_INVALID_HANDLE, "the event keeps no time");
        return point.Time ?? throw new DriverException(CuResult.CUDA_ERROR_INVALID_HANDLE, "the event was not recorded outside of a capture");
    }
}
