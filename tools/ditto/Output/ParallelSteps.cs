using System.Diagnostics;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>Independent pieces of work, as many at a time as there are processors.</summary>
internal static class ParallelSteps
{
    /// <summary>Does every piece, and reports each that is done as a step.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="run">Does the piece of a number from 0.</param>
    /// <param name="progress">Is told one report at a time.</param>
    /// <param name="cancellation">Checked before each piece.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void Run(int count, Action<int> run, IProgress<StepUpdate> progress, CancellationToken cancellation)
    {
        ParallelOptions threads = new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
        Stopwatch time = Stopwatch.StartNew();
        Lock reporting = new();
        int done = 0;
        Parallel.For(0, count, threads, piece =>
        {
            run(piece);
            lock (reporting) progress.Report(new StepUpdate(++done, count, 0, time.Elapsed));
        });
    }
}
