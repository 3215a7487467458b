using System.Diagnostics;

namespace Ditto.CommandLine;

/// <summary>Where a verb reads its surroundings from and writes to: results go to Out, everything else to Error.</summary>
internal sealed class Shell
{
    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, notes and errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether results go to a terminal, so that tables fit its width and have colours.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether progress goes to a terminal, so that it can be drawn as a bar.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>When the process began.</summary>
    public DateTime StartTime { get; init; } = DateTime.Now;

    /// <summary>Cancelled by Ctrl-C.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The streams of this process.</summary>
    public static Shell OfProcess(CancellationToken cancellation)
    {
        using Process self = Process.GetCurrentProcess();
        return new Shell
        {
            Out = Console.Out,
            Error = Console.Error,
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            StartTime = self.StartTime,
            Cancellation = cancellation,
        };
    }

    /// <summary>A note beside the results. Where nobody takes it (standard error is closed, or its disk is full), the run goes on.</summary>
    public void Note(string text)
    {
        try
        {
            Error.WriteLine(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is no place left to say so; the exit code still speaks.
        }
    }

    /// <summary>Notes about a model that is odd but usable.</summary>
    public void Warn(IEnumerable<string> warnings)
    {
        foreach (string warning in warnings) Note($"warning: {warning}");
    }
}
