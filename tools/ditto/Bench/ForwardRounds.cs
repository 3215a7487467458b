using System.Diagnostics;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>Rounds of forward passes: timed ones, and one whose operations are traced.</summary>
internal sealed class ForwardRounds
{
    private const double MinSeconds = 0.1;

    private readonly BenchStream stream;
    private readonly Action pass;
    private readonly int tracedLimit;
    private readonly bool isShort;
    private readonly List<TracedOperation[]> traced = [];

    /// <summary>Runs two passes that no round counts.</summary>
    /// <param name="stream">Where passes are queued.</param>
    /// <param name="pass">Queues a pass.</param>
    /// <param name="tracedLimit">Traced passes, at most one a round.</param>
    public ForwardRounds(BenchStream stream, Action pass, int tracedLimit)
    {
        this.stream = stream;
        this.pass = pass;
        this.tracedLimit = tracedLimit;
        FirstSeconds = stream.Time(pass);
        isShort = stream.Time(pass) < MinSeconds;
    }

    /// <summary>Seconds of the first pass, which makes plans and packs weights.</summary>
    public double FirstSeconds { get; }

    /// <summary>Passes without a trace.</summary>
    public Samples Passes { get; } = new();

    /// <summary>The operations of each traced pass.</summary>
    public IReadOnlyList<TracedOperation[]> Traced => traced;

    /// <summary>One pass, or many short ones.</summary>
    public void Run()
    {
        if (isShort) stream.Time(pass);                              // products have emptied the caches that a loop of passes finds full
        long start = Stopwatch.GetTimestamp();
        do Passes.Add(stream.Time(pass));
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < MinSeconds);
        if (traced.Count < tracedLimit) traced.Add(Trace());
    }

    private TracedOperation[] Trace()
    {
        using OperationTrace trace = new(stream.Device);
        stream.Operations.Trace = trace;
        try
        {
            pass();
            return trace.Read();
        }
        finally
        {
            stream.Operations.Trace = null;
        }
    }
}
