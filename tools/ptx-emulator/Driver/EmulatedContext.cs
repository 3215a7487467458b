using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>A device's context: its memory, its default stream, and the failure that ended it, if any.</summary>
#pragma warning disable CA1001 // End, which the device calls, disposes of what it owns
internal sealed unsafe class EmulatedContext : IContextObject
#pragma warning restore CA1001
{
    private const int HostAlignment = 4096;

    private static readonly HandleTable<EmulatedContext> Contexts = new(0x11, "context");

    private readonly Lock execution = new();
    private readonly ConcurrentDictionary<nint, nuint> hostBlocks = new();
    private readonly GridLauncher grids;
    private DriverException? failure;
    private WriteTrace? writes;
    private bool ended;

    /// <summary>Makes a context with memory of its own.</summary>
    public EmulatedContext(EmulatedDevice device)
    {
        Device = device;
        Memory = new GlobalMemory(GlobalMemory.DefaultCapacity());
        DefaultStream = new EmulatedStream(this, 0);
        grids = new GridLauncher(Memory, device.Checks);
        Launcher = grids;
        Handle = Contexts.Add(this);
    }

    /// <inheritdoc/>
    EmulatedContext IContextObject.Context => this;

    /// <summary>The context's handle.</summary>
    public nint Handle { get; }

    /// <summary>The device.</summary>
    public EmulatedDevice Device { get; }

    /// <summary>The device's memory.</summary>
    public GlobalMemory Memory { get; }

    /// <summary>Stream 0.</summary>
    public EmulatedStream DefaultStream { get; }

    /// <summary>What runs kernels.</summary>
    public ILauncher Launcher { get; set; }

    /// <summary>A living context by its handle.</summary>
    /// <exception cref="DriverException">It names none.</exception>
    public static EmulatedContext Find(nint handle) => Contexts.Find(handle, CuResult.CUDA_ERROR_INVALID_CONTEXT);

    /// <summary>Refuses calls after the context's end, and after an error that ended its use.</summary>
    /// <exception cref="DriverException">It cannot be used.</exception>
    public void ThrowIfUnusable()
    {
        DriverException.Require(!ended, CuResult.CUDA_ERROR_CONTEXT_IS_DESTROYED, "the context was released");
        if (Volatile.Read(ref failure) is DriverException first) throw new DriverException(first.Result, first.Message);
    }

    /// <summary>Runs a command to its end, after all that ran before. Streams are in order then, whichever they are.</summary>
    /// <exception cref="DriverException">It went wrong; where the error is one that stays, the context cannot be used any more.</exception>
    public void Execute(DeviceCommand command)
    {
        lock (execution)
        {
            ThrowIfUnusable();
            grids.Counter = Device.Counter;
            SetWriters(command);
            try
            {
                command.Run(this);
            }
            catch (EmulationException fault)
            {
                throw Fail(fault.Result, command, fault.Message);
            }
            catch (DriverException refusal)
            {
                throw Fail(refusal.Result, command, refusal.Message);
            }
        }
    }

    /// <summary>The last writer of a byte since a trace began; null where none is known.</summary>
    public LastWriter? FindWriter(WriteTrace trace, ulong address)
    {
        lock (execution) return writes == trace ? Memory.Writers?.Find(address) : null;
    }

    /// <summary>Allocates device memory.</summary>
    /// <exception cref="DriverException">There is no room.</exception>
    public ulong Allocate(ulong bytes)
    {
        ulong address = Memory.Allocate(bytes);
        DriverException.Require(
            address != 0, CuResult.CUDA_ERROR_OUT_OF_MEMORY,
                $"{bytes} bytes; {Memory.FreeBytes} of {Memory.Capacity} are free, in one piece or several");
        lock (execution) grids.Forget(address, bytes);
        return address;
    }

    /// <summary>Allocates pinned host memory.</summary>
    public nint AllocateHost(nuint bytes)
    {
        nint block = (nint)NativeMemory.AlignedAlloc(bytes, HostAlignment);
        hostBlocks[block] = bytes;
        return block;
    }

    /// <summary>Frees pinned host memory.</summary>
    /// <exception cref="DriverException">It is none of this context.</exception>
    public void FreeHost(nint block)
    {
        DriverException.Require(hostBlocks.TryRemove(block, out _), $"0x{block:x} is no pinned memory of this context");
        NativeMemory.AlignedFree((void*)block);
    }

    /// <summary>Whether an address lies in pinned host memory of this context.</summary>
    public bool IsPinned(ulong address) => hostBlocks.Any(block => address - (ulong)block.Key < block.Value);

    /// <summary>Refuses a range that is not part of one allocation of device memory.</summary>
    /// <exception cref="DriverException">It is none: <c>CUDA_ERROR_INVALID_VALUE</c>.</exception>
    public void RequireRange(ulong address, ulong bytes, string what) =>
        DriverException.Require(bytes == 0 || Memory.IsAllocated(address, bytes), $"{what}: {Explain(address, bytes)}");

    /// <summary>What is wrong with a range, for reports.</summary>
    public string Explain(ulong address, ulong bytes)
    {
        string place = Memory.TryFind(address, out ulong start, out ulong size)
            ? $"begins {address - start} bytes into an allocation of {size} bytes"
            : "lies in no allocation of the device";
        return $"{bytes} bytes at 0x{address:x}, which {place}";
    }

    /// <summary>Ends the context and everything that was made in it.</summary>
    public void End()
    {
        lock (execution)
        {
            ended = true;
            EmulatedDriver.ReleaseAllOf(this);
            foreach (nint block in hostBlocks.Keys) NativeMemory.AlignedFree((void*)block);
            hostBlocks.Clear();
            grids.Dispose();
            Memory.Dispose();
            Contexts.Remove(Handle);
        }
    }

    // A trace begins with a new log, and the log of one that has ended goes.
    private void SetWriters(DeviceCommand command)
    {
        if (writes != Device.Writes)
        {
            Memory.Writers?.Dispose();
            Memory.Writers = Device.Writes is null ? null : new WriterLog(Memory);
            writes = Device.Writes;
        }
        Memory.Writers?.Begin(command.Describe());
    }

    private DriverException Fail(CuResult result, DeviceCommand command, string report)
    {
        DriverException refusal = new(result, $"{command.Describe()}: {report}");
        if (IsSticky(result)) Volatile.Write(ref failure, refusal);
        return refusal;
    }

    // After these a real context answers every call with the same error.
    private static bool IsSticky(CuResult result) => result is
        CuResult.CUDA_ERROR_ECC_UNCORRECTABLE or CuResult.CUDA_ERROR_ILLEGAL_ADDRESS or CuResult.CUDA_ERROR_LAUNCH_TIMEOUT
        or CuResult.CUDA_ERROR_ASSERT or CuResult.CUDA_ERROR_HARDWARE_STACK_ERROR or CuResult.CUDA_ERROR_ILLEGAL_INSTRUCTION
        or CuResult.CUDA_ERROR_MISALIGNED_ADDRESS or CuResult.CUDA_ERROR_INVALID_ADDRESS_SPACE or CuResult.CUDA_ERROR_INVALID_PC
        or CuResult.CUDA_ERROR_LAUNCH_FAILED;
}
