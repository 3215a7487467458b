namespace Ditto.CommandLine;

/// <summary>The entry of <c>ditto</c>.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        using CancelSignals signals = new();
        return Application.Run(arguments, Shell.OfProcess(signals.Token));
    }
}
