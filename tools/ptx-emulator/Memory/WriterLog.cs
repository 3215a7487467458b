using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;

namespace Ditto.Emulation.Memory;

/// <summary>
/// Who wrote each byte of device memory last. A byte has a record of 8 bytes, in pages that are made when something writes there. It is for
/// finding a wrong value's writer, and off otherwise.
/// </summary>
/// <param name="memory">The device's memory.</param>
internal sealed unsafe class WriterLog(GlobalMemory memory) : IDisposable
{
    private const int PageBits = 12, PageBytes = 1 << PageBits;
    private const int ThreadBits = 10, BlockBits = 24, InstructionBits = 14;     // and 16 of the command
    private const int BlockShift = ThreadBits, InstructionShift = BlockShift + BlockBits, CommandShift = InstructionShift + InstructionBits;
    private readonly nint[] pages = new nint[(memory.Capacity >> PageBits) + 1];
    private readonly List<object> commands = [];                                 // launches, or descriptions of other commands
    private readonly ConcurrentDictionary<Instruction, int> numbers = new();
    private readonly List<Instruction> instructions = [];
    private ulong current;

    /// <summary>Notes that a command begins; commands do not overlap.</summary>
    /// <param name="command">A <see cref="KernelLaunch"/>, or what it is in words.</param>
    public void Begin(object command)
    {
        if (commands.Count >= ushort.MaxValue || instructions.Count >= (1 << InstructionBits) - 1) Forget();
        commands.Add(command);
        current = (ulong)commands.Count << CommandShift;
    }

    /// <summary>Lanes write: their addresses, in allocations, are in <see cref="Warp.Addresses"/>.</summary>
    public void Note(Warp warp, uint lanes, int bytes)
    {
        ulong shared = current | ((ulong)NumberOf(warp.Current!) << InstructionShift)
            | (((ulong)warp.Block.LinearIndex & ((1ul << BlockBits) - 1)) << BlockShift);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            Fill(warp.Addresses.Address[lane], (ulong)bytes, shared | (uint)((warp.Index * Lanes.Count) + lane));
        }
    }

    /// <summary>The present command writes a range that lies in an allocation.</summary>
    public void Note(ulong address, ulong bytes) => Fill(address, bytes, current);

    /// <summary>Nobody has written a range: it is allocated anew.</summary>
    public void Clear(ulong address, ulong bytes) => Fill(address, bytes, 0);

    /// <summary>The last writer of a byte; null where there is none that is known.</summary>
    /// <param name="address">Any address.</param>
    public LastWriter? Find(ulong address)
    {
        if (!memory.Contains(address)) return null;
        ulong offset = address - memory.Base;
        nint page = pages[offset >> PageBits];
        ulong record = page == 0 ? 0 : ((ulong*)page)[offset % PageBytes];
        int number = (int)(record >> CommandShift) - 1;
        if (number < 0) return null;
        if (commands[number] is not KernelLaunch launch) return new LastWriter((string)commands[number]);
        Instruction instruction = instructions[(int)(record >> InstructionShift) & ((1 << InstructionBits) - 1)];
        long block = (long)(record >> BlockShift) & ((1 << BlockBits) - 1), thread = (long)record & ((1 << ThreadBits) - 1);
        return new LastWriter(launch.Function.Name)
        {
            Block = launch.Grid.At(block),
            Thread = launch.Block.At(thread),
            PtxLine = instruction.Text.Line,
            Instruction = instruction.Text.FullName,
            SourceFile = instruction.Text.Source is { } source ? launch.Function.FileName(source.File) : "",
            SourceLine = instruction.Text.Source?.Line ?? 0,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint page in pages) NativeMemory.Free((void*)page);
        Array.Clear(pages);
    }

    private void Forget()
    {
        Dispose();
        commands.Clear();
        numbers.Clear();
        instructions.Clear();
    }

    private int NumberOf(Instruction instruction) => numbers.GetOrAdd(instruction, added =>
    {
        lock (instructions)
        {
            instructions.Add(added);
            return instructions.Count - 1;
        }
    });

    private void Fill(ulong address, ulong bytes, ulong record)
    {
        for (ulong offset = address - memory.Base, end = offset + bytes; offset < end;)
        {
            ulong first = offset % PageBytes, count = Math.Min(end - offset, PageBytes - first);
            if (record != 0 || pages[offset >> PageBits] != 0)
                new Span<ulong>((ulong*)Page(offset >> PageBits) + first, (int)count).Fill(record);
            offset += count;
        }
    }

    private nint Page(ulong index)
    {
        nint page = Volatile.Read(ref pages[index]);
        if (page != 0) return page;
        nint made = (nint)NativeMemory.AllocZeroed(PageBytes, sizeof(ulong));
        page = Interlocked.CompareExchange(ref pages[index], made, 0);
        if (page == 0) return made;
        NativeMemory.Free((void*)made);
        return page;
    }
}
