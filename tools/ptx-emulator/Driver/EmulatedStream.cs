namespace Ditto.Emulation.Driver;

/// <summary>A stream: commands run when they are queued, or are recorded while it captures.</summary>
/// <param name="context">Its context.</param>
/// <param name="flags">Those of its making.</param>
internal sealed class EmulatedStream(EmulatedContext context, uint flags) : IContextObject
{
    /// <inheritdoc/>
    public EmulatedContext Context { get; } = context;

    /// <summary>Whether the legacy stream waits for it and it for the legacy stream.</summary>
    public bool IsBlocking { get; } = (flags & 1) == 0;

    /// <summary>What records its commands; null outside of a capture. Guarded by <see cref="StreamCapture"/>.</summary>
    public StreamCapture? Capture { get; set; }

    /// <summary>Whether this is the stream that every context has.</summary>
    public bool IsDefault => Context.DefaultStream == this;

    /// <summary>Runs a command, or records it.</summary>
    /// <exception cref="DriverException">It went wrong, or the capture is over.</exception>
    public void Enqueue(DeviceCommand command)
    {
        if (!StreamCapture.TryRecord(this, command)) Context.Execute(command);
    }
}

/// <summary>A point in a stream's work.</summary>
/// <param name="context">Its context.</param>
/// <param name="flags">Those of its making.</param>
internal sealed class EmulatedEvent(EmulatedContext context, uint flags) : IContextObject
{
    /// <inheritdoc/>
    public EmulatedContext Context { get; } = context;

    /// <summary>Whether it keeps the time.</summary>
    public bool HasTime { get; } = (flags & 2) == 0;

    /// <summary>When it was last recorded, in ticks of the stopwatch; null where it was not, or last into a capture.</summary>
    public long? Time { get; set; }

    /// <summary>What it was last recorded into, if that is a capture. Guarded by <see cref="StreamCapture"/>.</summary>
    public StreamCapture? Capture { get; set; }

    /// <summary>The stream that it was recorded on into a capture.</summary>
    public EmulatedStream? CapturedStream { get; set; }

    /// <summary>Commands that this stream had recorded by then.</summary>
    public int CapturedPosition { get; set; }
}

/// <summary>Recorded commands, as a template or ready to be launched.</summary>
/// <param name="Context">Where they were recorded.</param>
/// <param name="Commands">In the order in which they were recorded.</param>
internal sealed record EmulatedGraph(EmulatedContext Context, IReadOnlyList<DeviceCommand> Commands) : IContextObject;
