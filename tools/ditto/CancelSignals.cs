using System.Runtime.InteropServices;

namespace Ditto.CommandLine;

/// <summary>Ctrl-C and SIGTERM: the first asks the running verb to stop, the second ends the process at once.</summary>
internal sealed class CancelSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;
    private int count;

    public CancelSignals()
    {
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref count) == 1)
        {
            context.Cancel = true;                                   // the signal's default action does not happen
            source.Cancel();
            return;
        }
        OutputFile.DeleteUnfinished();
    }
}
