using System.Runtime.InteropServices;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>Work of a stream, as it is recorded into a graph: plain values, nothing of the caller's stack.</summary>
internal abstract record DeviceCommand
{
    /// <summary>Does the work.</summary>
    /// <exception cref="DriverException">It went wrong.</exception>
    /// <exception cref="EmulationException">A kernel broke a rule.</exception>
    public abstract void Run(EmulatedContext context);

    /// <summary>What it is, for reports.</summary>
    public abstract string Describe();

    /// <summary>Refuses memory that was freed after the command was recorded.</summary>
    protected static void RequireAlive(EmulatedContext context, ulong address, ulong bytes)
    {
        if (context.Memory.IsAllocated(address, bytes)) return;
        throw new DriverException(CuResult.CUDA_ERROR_ILLEGAL_ADDRESS, $"freed since it was recorded: {context.Explain(address, bytes)}");
    }
}

/// <summary>A launch of a kernel.</summary>
internal sealed record KernelCommand(LoadedFunction Loaded, KernelLaunch Launch) : DeviceCommand
{
    /// <inheritdoc/>
    public override void Run(EmulatedContext context)
    {
        DriverException.Require(!Loaded.IsUnloaded, CuResult.CUDA_ERROR_INVALID_HANDLE, "its module was unloaded");
        context.Launcher.Launch(Launch);
    }

    /// <inheritdoc/>
    public override string Describe() =>
        $"kernel {Launch.Function.Name}, grid {Launch.Grid}, block {Launch.Block}, {Launch.DynamicSharedBytes} bytes of dynamic shared memory";
}

/// <summary>A copy between host and device, or on the device.</summary>
/// <param name="To">Address of the destination.</param>
/// <param name="From">Address of the source.</param>
/// <param name="Bytes">Size.</param>
/// <param name="ToDevice">Whether the destination is device memory.</param>
/// <param name="FromDevice">Whether the source is device memory.</param>
internal sealed unsafe record CopyCommand(ulong To, ulong From, ulong Bytes, bool ToDevice, bool FromDevice) : DeviceCommand
{
    /// <inheritdoc/>
    public override void Run(EmulatedContext context)
    {
        if (ToDevice) RequireAlive(context, To, Bytes);
        if (FromDevice) RequireAlive(context, From, Bytes);
        Buffer.MemoryCopy((void*)From, (void*)To, Bytes, Bytes);
        if (ToDevice && FromDevice) context.Memory.CopyState(To, From, Bytes);
        else if (ToDevice) context.Memory.MarkWritten(To, Bytes);
    }

    /// <inheritdoc/>
    public override string Describe() => $"copy of {Bytes} bytes from {Side(FromDevice)} to {Side(ToDevice)}";

    private static string Side(bool device) => device ? "device" : "host";
}

/// <summary>A fill with a byte or a word.</summary>
/// <param name="To">Address.</param>
/// <param name="Value">The byte or word.</param>
/// <param name="Width">Bytes of an element: 1 or 4.</param>
/// <param name="Count">Elements.</param>
internal sealed unsafe record FillCommand(ulong To, uint Value, uint Width, ulong Count) : DeviceCommand
{
    /// <inheritdoc/>
    public override void Run(EmulatedContext context)
    {
        ulong bytes = Count * Width;
        RequireAlive(context, To, bytes);
        if (Width == 1)
        {
            NativeMemory.Fill((void*)To, (nuint)bytes, (byte)Value);
        }
        else
        {
            uint* words = (uint*)To;
            for (ulong i = 0; i < Count; i++) words[i] = Value;
        }
        context.Memory.MarkWritten(To, bytes);
    }

    /// <inheritdoc/>
    public override string Describe() => $"fill of {Count * Width} bytes";
}

/// <summary>A launch of recorded commands.</summary>
/// <param name="Commands">In the order in which they were recorded.</param>
internal sealed record GraphCommand(IReadOnlyList<DeviceCommand> Commands) : DeviceCommand
{
    /// <inheritdoc/>
    public override void Run(EmulatedContext context)
    {
        for (int i = 0; i < Commands.Count; i++)
        {
            try
            {
                Commands[i].Run(context);
            }
            catch (EmulationException fault)
            {
                throw new DriverException(fault.Result, $"node {i}, {Commands[i].Describe()}: {fault.Message}");
            }
            catch (DriverException refusal)
            {
                throw new DriverException(refusal.Result, $"node {i}, {Commands[i].Describe()}: {refusal.Message}");
            }
        }
    }

    /// <inheritdoc/>
    public override string Describe() => $"graph of {Commands.Count} nodes";
}
