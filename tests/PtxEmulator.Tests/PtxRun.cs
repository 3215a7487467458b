using System.Runtime.InteropServices;
using Ditto.Emulation.Checks;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Tests;

/// <summary>A module loaded on its own memory, to launch kernels of a few lines from a test.</summary>
internal sealed class PtxRun : IDisposable
{
    private readonly GlobalMemory memory = new(64 << 20);
    private readonly GridLauncher launcher;

    public PtxRun(string ptx, string architecture = "sm_90", CheckOptions? checks = null, bool counts = false, int workers = 2)
    {
        launcher = new GridLauncher(memory, checks ?? new CheckOptions()) { Workers = workers };
        if (counts) launcher.Counter = new LaunchCounter(DataSheet.Find(architecture)!, report => Report = report);
        Module = EmulatedModule.Load(ptx, architecture, memory);
    }

    /// <summary>The module.</summary>
    public EmulatedModule Module { get; }

    /// <summary>Device memory.</summary>
    public GlobalMemory Memory => memory;

    /// <summary>The last launch that ended well; null where nothing is counted.</summary>
    public LaunchReport? Report { get; private set; }

    /// <summary>What it counted.</summary>
    public LaunchCounts Counts => Report!.Counts;

    /// <summary>Threads that run blocks.</summary>
    public int Workers
    {
        get => launcher.Workers;
        set => launcher.Workers = value;
    }

    /// <summary>A whole module from the body of one kernel <c>k</c>.</summary>
    /// <param name="parameters">For example <c>.param .u64 out, .param .u32 n</c>.</param>
    /// <param name="body">Declarations and instructions.</param>
    public static string Kernel(string parameters, string body) =>
        $".version 8.8\n.target sm_90\n.address_size 64\n.visible .entry k({parameters})\n{{\n{body}\nret;\n}}\n";

    /// <summary>Runs kernel <c>k</c> of one block with one output buffer of 32-bit words, its first parameter.</summary>
    public static uint[] Run(string body, int words, int threads = 32, string declarations = "")
    {
        using PtxRun run = new(Kernel(".param .u64 out", $"{declarations}\n{body}"));
        ulong output = run.Empty(words * sizeof(uint));
        run.Launch("k", 1, threads, output);
        return run.Read<uint>(output, words);
    }

    /// <summary>A buffer with content.</summary>
    public ulong Buffer<T>(params T[] values)
        where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes<T>(values.AsSpan()).ToArray();
        ulong address = Empty(bytes.Length);
        Marshal.Copy(bytes, 0, (nint)address, bytes.Length);
        memory.MarkWritten(address, (ulong)bytes.Length);
        return address;
    }

    /// <summary>A buffer that nobody has written.</summary>
    public ulong Empty(int bytes) => memory.Allocate((ulong)bytes);

    /// <summary>The content of a buffer.</summary>
    public T[] Read<T>(ulong address, int count)
        where T : unmanaged
    {
        T[] values = new T[count];
        byte[] bytes = new byte[MemoryMarshal.AsBytes<T>(values.AsSpan()).Length];
        Marshal.Copy((nint)address, bytes, 0, bytes.Length);
        bytes.CopyTo(MemoryMarshal.AsBytes<T>(values.AsSpan()));
        return values;
    }

    /// <summary>Launches with grids and blocks along x. Arguments: ulong and long as 64 bits, int, uint and float as 32.</summary>
    public void Launch(string entry, int grid, int block, params object[] arguments) =>
        Launch(entry, new Dim3(grid, 1, 1), new Dim3(block, 1, 1), 0, arguments);

    /// <summary>Launches a kernel.</summary>
    public void Launch(string entry, Dim3 grid, Dim3 block, int dynamicShared, params object[] arguments)
    {
        EmulatedFunction function = Module.Functions[entry];
        byte[] packed = new byte[function.ParameterBytes];
        foreach ((KernelParameter parameter, object argument) in function.Parameters.Zip(arguments))
        {
            byte[] bits = argument switch
            {
                ulong value => BitConverter.GetBytes(value),
                long value => BitConverter.GetBytes(value),
                uint value => BitConverter.GetBytes(value),
                int value => BitConverter.GetBytes(value),
                float value => BitConverter.GetBytes(value),
                double value => BitConverter.GetBytes(value),
                ushort value => BitConverter.GetBytes(value),
                byte[] value => value,
                _ => throw new ArgumentException($"{argument.GetType().Name} is no argument type", nameof(arguments)),
            };
            bits.CopyTo(packed, parameter.Offset);
        }
        launcher.Launch(new KernelLaunch(function, grid, block, dynamicShared, packed));
    }

    public void Dispose()
    {
        Module.Unload();
        launcher.Dispose();
        memory.Dispose();
    }
}
