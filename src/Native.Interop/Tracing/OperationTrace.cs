namespace Ditto.Interop;

/// <summary>
/// Watches the operations of an <see cref="Operations"/> object: what was queued, what it has to move and to compute, and how long the device
/// took, by events around each operation on its stream. Set it as <see cref="Operations.Trace"/>; with none set nothing is recorded or
/// allocated. Events cost time of their own, so measure totals without a trace. Not for streams that are capturing.
/// </summary>
public sealed class OperationTrace : IDisposable
{
    private const double SecondsPerMs = 1e-3;

    private readonly Device device;
    private readonly List<(DeviceEvent Start, DeviceEvent End)> points = [];     // kept from one clearing to the next
    private readonly List<(OperationKind Kind, string Name, long Bytes, long Flops)> operations = [];
    private (OperationKind Kind, long Bytes, long Flops) declared;

    /// <summary>Makes an empty trace.</summary>
    /// <param name="device">The device of the operations that are to be watched.</param>
    public OperationTrace(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        this.device = device;
    }

    /// <summary>Operations queued since the last <see cref="Clear"/>.</summary>
    public int Count => operations.Count;

    /// <summary>Forgets the operations; their events serve the next ones.</summary>
    public void Clear()
    {
        operations.Clear();
        declared = default;
    }

    /// <summary>Waits for the operations and reads their times.</summary>
    /// <returns>The operations in the order in which they were queued.</returns>
    /// <exception cref="DeviceException">Queued work failed, or an operation was recorded into a capture.</exception>
    public TracedOperation[] Read()
    {
        TracedOperation[] read = new TracedOperation[operations.Count];
        for (int i = 0; i < read.Length; i++)
        {
            (OperationKind kind, string name, long bytes, long flops) = operations[i];
            points[i].End.Synchronize();
            read[i] = new TracedOperation(kind, name, bytes, flops, points[i].End.ElapsedMs(points[i].Start) * SecondsPerMs);
        }
        return read;
    }

    /// <summary>
    /// Says what the operation that is queued next has to do. For kernels of your own: call it before <see cref="Operations.Launch"/>.
    /// </summary>
    /// <param name="kind">What its time is to be compared with.</param>
    /// <param name="bytes">Bytes of its operands, read and written.</param>
    /// <param name="flops">Floating-point operations; 0 where memory is the limit.</param>
    public void Declare(OperationKind kind, long bytes, long flops = 0) => declared = (kind, bytes, flops);

    /// <summary>Frees the events.</summary>
    public void Dispose()
    {
        foreach ((DeviceEvent start, DeviceEvent end) in points)
        {
            start.Dispose();
            end.Dispose();
        }
        points.Clear();
        Clear();
    }

    /// <summary>Marks the start of an operation on the stream.</summary>
    internal void Begin(DeviceStream stream)
    {
        if (points.Count == operations.Count) points.Add((device.CreateEvent(), device.CreateEvent()));
        stream.Record(points[operations.Count].Start);
    }

    /// <summary>Marks the end of the operation that began last, once it is queued.</summary>
    internal void End(DeviceStream stream, string name)
    {
        stream.Record(points[operations.Count].End);
        operations.Add((declared.Kind, name, declared.Bytes, declared.Flops));
        declared = default;
    }
}
