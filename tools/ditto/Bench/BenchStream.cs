using System.Diagnostics;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>A stream that benchmarks queue on, and how long it takes from queueing until all is done.</summary>
internal sealed class BenchStream : IDisposable
{
    private readonly DeviceStream stream;

    public BenchStream(Device device)
    {
        stream = device.CreateStream();
        Operations = device.CreateOperations(stream);
    }

    public Operations Operations { get; }

    public Device Device => Operations.Device;

    /// <summary>Seconds for one run of the work, over so many runs queued one after another.</summary>
    public double Time(Action work, int runs = 1)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++) work();
        stream.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / runs;
    }

    /// <summary>
    /// Seconds that the host needs to queue the work: it is recorded instead of run, so that nothing waits for the device. What the work
    /// needs must have been used before.
    /// </summary>
    public double TimeQueueing(Action work)
    {
        stream.BeginCapture();
        double seconds;
        try
        {
            long start = Stopwatch.GetTimestamp();
            work();
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            stream.EndCapture().Dispose();
        }
        return seconds;
    }

    public void Dispose()
    {
        Operations.Dispose();
        stream.Dispose();
    }
}
