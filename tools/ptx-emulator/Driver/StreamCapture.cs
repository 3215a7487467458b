using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>
/// Streams that record into one graph: the one where the capture began, and those that joined it by waiting on an event of it. The errors are
/// CUDA's names for the ways to break its rules.
/// </summary>
internal sealed class StreamCapture
{
    private static readonly Lock Gate = new();
    private static readonly List<StreamCapture> Active = [];

    private readonly List<DeviceCommand> commands = [];
    private readonly Dictionary<EmulatedStream, int> recorded = [];   // how many commands each stream recorded
    private readonly Dictionary<EmulatedStream, int> joined = [];     // how many of them others have waited for
    private readonly CuStreamCaptureMode mode;
    private readonly int thread = Environment.CurrentManagedThreadId;
    private readonly EmulatedStream origin;
    private bool invalidated;

    private StreamCapture(EmulatedStream origin, CuStreamCaptureMode mode)
    {
        this.origin = origin;
        this.mode = mode;
        recorded[origin] = 0;
    }

    /// <summary>Starts a capture on a stream.</summary>
    /// <exception cref="DriverException">The stream is the default one, or captures already.</exception>
    public static void Begin(EmulatedStream stream, CuStreamCaptureMode mode)
    {
        DriverException.Require(Enum.IsDefined(mode), $"capture mode {mode}");
        DriverException.Require(!stream.IsDefault, CuResult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the default stream cannot capture");
        lock (Gate)
        {
            DriverException.Require(stream.Capture is null, CuResult.CUDA_ERROR_ILLEGAL_STATE, "the stream captures already");
            stream.Capture = new StreamCapture(stream, mode);
            Active.Add(stream.Capture);
        }
    }

    /// <summary>Ends a capture; a capture that went wrong ends with an error and without a graph.</summary>
    /// <exception cref="DriverException">A rule was broken.</exception>
    public static EmulatedGraph End(EmulatedStream stream)
    {
        lock (Gate)
        {
            StreamCapture capture = stream.Capture
                ?? throw new DriverException(CuResult.CUDA_ERROR_ILLEGAL_STATE, "the stream does not capture");
            bool rightThread = capture.mode == CuStreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED
                || capture.thread == Environment.CurrentManagedThreadId;
            DriverException.Require(rightThread, CuResult.CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "the capture began on another thread");
            if (capture.origin != stream)
            {
                capture.Invalidate();
                throw new DriverException(CuResult.CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "the capture began on another stream");
            }
            capture.Drop();
            DriverException.Require(
                !capture.invalidated, CuResult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "a call before was not allowed in a capture");
            foreach ((EmulatedStream other, int count) in capture.joined)
            {
                DriverException.Require(
                    count == capture.recorded[other], CuResult.CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
                    "a stream that joined the capture has work that nobody waits for");
            }
            return new EmulatedGraph(stream.Context, [.. capture.commands]);
        }
    }

    /// <summary>The state of a stream's capture.</summary>
    public static CuStreamCaptureStatus StatusOf(EmulatedStream stream)
    {
        lock (Gate)
        {
            if (stream.Capture is not StreamCapture capture) return CuStreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE;
            return capture.invalidated
                ? CuStreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_INVALIDATED
                : CuStreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_ACTIVE;
        }
    }

    /// <summary>Records a command where the stream captures.</summary>
    /// <returns>False where it does not.</returns>
    /// <exception cref="DriverException">The capture went wrong before.</exception>
    public static bool TryRecord(EmulatedStream stream, DeviceCommand command)
    {
        lock (Gate)
        {
            if (stream.Capture is not StreamCapture capture) return false;
            capture.RequireValid();
            capture.recorded[stream] = capture.recorded.GetValueOrDefault(stream) + 1;
            capture.commands.Add(command);
            return true;
        }
    }

    /// <summary>Records an event where the stream captures.</summary>
    /// <returns>False where it does not.</returns>
    /// <exception cref="DriverException">The capture went wrong before.</exception>
    public static bool TryRecord(EmulatedStream stream, EmulatedEvent point)
    {
        lock (Gate)
        {
            point.Capture = stream.Capture;
            if (stream.Capture is not StreamCapture capture) return false;
            capture.RequireValid();
            point.Time = null;
            point.CapturedStream = stream;
            point.CapturedPosition = capture.recorded.GetValueOrDefault(stream);
            return true;
        }
    }

    /// <summary>Lets a stream wait for an event, where that concerns a capture.</summary>
    /// <exception cref="DriverException">It would tie a capture to work outside of it, or to another capture.</exception>
    public static void Wait(EmulatedStream stream, EmulatedEvent point)
    {
        lock (Gate)
        {
            StreamCapture? own = stream.Capture, other = point.Capture;
            if (own is null && other is null) return;            // what was recorded before has run
            if (other is null || !Active.Contains(other))
            {
                own?.Invalidate();
                throw own is null
                    ? new DriverException(CuResult.CUDA_ERROR_CAPTURED_EVENT, "the event was recorded in a capture that has ended")
                    : new DriverException(CuResult.CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "the event was recorded outside of the capture");
            }
            if (own is not null && own != other)
            {
                own.Invalidate();
                other.Invalidate();
                throw new DriverException(CuResult.CUDA_ERROR_STREAM_CAPTURE_MERGE, "the event belongs to another capture");
            }
            DriverException.Require(!stream.IsDefault, CuResult.CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "the default stream cannot join a capture");
            other.RequireValid();
            if (own is null) other.Join(stream);
            else if (other.joined.TryGetValue(point.CapturedStream!, out int seen))
                other.joined[point.CapturedStream!] = Math.Max(seen, point.CapturedPosition);
        }
    }

    /// <summary>Refuses to wait for, or to ask about, an event that was last recorded in a capture; a capture under way ends with that.</summary>
    /// <exception cref="DriverException">It was.</exception>
    public static void RefuseCaptured(EmulatedEvent point)
    {
        lock (Gate)
        {
            if (point.Capture is null) return;
            if (Active.Contains(point.Capture)) point.Capture.Invalidate();
            throw new DriverException(CuResult.CUDA_ERROR_CAPTURED_EVENT, "the event was last recorded in a capture");
        }
    }

    /// <summary>Refuses a call on a stream that captures, and ends the capture.</summary>
    /// <exception cref="DriverException">It does.</exception>
    public static void RefuseCapturing(EmulatedStream stream)
    {
        lock (Gate)
        {
            if (stream.Capture is not StreamCapture capture) return;
            capture.Invalidate();
            throw new DriverException(CuResult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream captures");
        }
    }

    /// <summary>Refuses what a capture forbids everywhere (allocation, synchronous copies, waiting for the context), and ends the capture.</summary>
    /// <exception cref="DriverException">Such a capture is under way.</exception>
    public static void RefuseUnsafe(EmulatedContext context) => RefuseIf(
        CuResult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a capture is under way that forbids this call", capture =>
            capture.origin.Context == context && (capture.mode == CuStreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL
                || (capture.mode == CuStreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
                    && capture.thread == Environment.CurrentManagedThreadId)));

    /// <summary>Refuses the legacy stream while a stream captures that it would have to wait for, and ends the capture.</summary>
    /// <exception cref="DriverException">Such a capture is under way.</exception>
    public static void RefuseLegacy(EmulatedContext context) => RefuseIf(
        CuResult.CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "a blocking stream captures, and the legacy stream waits for it", capture =>
            capture.origin.Context == context && capture.origin.IsBlocking);

    /// <summary>Ends the captures that began on a stream, or on any stream of a context.</summary>
    public static void Abandon(Predicate<EmulatedStream> began)
    {
        lock (Gate)
            foreach (StreamCapture capture in Active.Where(capture => began(capture.origin)).ToArray()) capture.Drop();
    }

    private static void RefuseIf(CuResult result, string report, Predicate<StreamCapture> concerned)
    {
        lock (Gate)
        {
            List<StreamCapture> found = Active.FindAll(concerned);
            foreach (StreamCapture capture in found) capture.Invalidate();
            DriverException.Require(found.Count == 0, result, report);
        }
    }

    private void RequireValid() => DriverException.Require(
        !invalidated, CuResult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "a call before was not allowed in a capture");

    private void Invalidate()
    {
        invalidated = true;
        commands.Clear();
    }

    private void Join(EmulatedStream stream)
    {
        stream.Capture = this;
        joined[stream] = 0;
        recorded[stream] = 1;                                    // its wait: not joined back until another stream waits for it in turn
    }

    private void Drop()
    {
        foreach (EmulatedStream stream in recorded.Keys.Where(stream => stream.Capture == this)) stream.Capture = null;
        Active.Remove(this);
    }
}
