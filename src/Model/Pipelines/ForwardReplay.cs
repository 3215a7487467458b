using System.Diagnostics;
using Ditto.Families.DiT;
using Ditto.Interop;

namespace Ditto.Pipelines;

/// <summary>
/// Queues forward passes: the first ones command by command, the others as one recorded graph, which gives the same bits. A pass that takes long
/// stays command by command: there a replay gains nothing, and a cancelled run ends after a few blocks instead of after the pass.
/// </summary>
internal sealed class ForwardReplay(DiTForward forward, Operations ops) : IDisposable
{
    private static readonly TimeSpan LongPass = TimeSpan.FromMilliseconds(250);

    private DeviceGraph? graph;
    private long lastDone;

    /// <summary>Overrides the choice by time, for checks: whether passes after the first are replayed.</summary>
    public bool? Wanted { get; set; }

    /// <summary>Whether the next pass is a replay.</summary>
    public bool IsRecorded => graph is not null;

    /// <summary>Queues one pass on the operations' stream.</summary>
    /// <param name="cancellation">Checked between blocks, or before a replay.</param>
    public void Run(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (graph is null || Wanted == false || forward.Probe is not null || ops.Trace is not null) forward.Run(cancellation);
        else graph.Launch(ops.Stream);
    }

    /// <summary>Told of each finished step; records the pass once two of them have shown that it is short.</summary>
    /// <param name="step">From 0 in each run.</param>
    public void StepDone(int step)
    {
        long now = Stopwatch.GetTimestamp();
        bool isShort = step > 0 && Stopwatch.GetElapsedTime(lastDone, now) < LongPass;     // the first step packs weights and loads kernels
        lastDone = now;
        if (graph is null && (Wanted ?? isShort)) Record();
    }

    /// <summary>Frees the graph.</summary>
    public void Dispose() => graph?.Dispose();

    private void Record()
    {
        ops.Stream.BeginCapture();
        try
        {
            forward.Run();
        }
        catch
        {
            ops.Stream.AbandonCapture();
            throw;
        }
        graph = ops.Stream.EndCapture();
    }
}
