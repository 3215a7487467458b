using System.CommandLine;

namespace Ditto.CommandLine;

/// <summary><c>ditto bench</c>: measurements, one subcommand each.</summary>
internal static class BenchVerb
{
    public static Command Create(Shell shell) => new("bench", "Measures how fast this machine runs, beside what it could.")
    {
        BenchModelVerb.Create(shell),
    };
}
