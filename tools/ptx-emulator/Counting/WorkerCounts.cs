using System.Runtime.CompilerServices;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Counting;

/// <summary>What one worker counts while it runs blocks of a launch.</summary>
internal sealed unsafe class WorkerCounts
{
    private const int SectorBytes = 32, Banks = 32, BankBytes = 4;

    /// <summary>Instructions of a warp by <see cref="InstructionClass"/>.</summary>
    public long[] WarpInstructions { get; } = new long[Enum.GetValues<InstructionClass>().Length];

    /// <summary>Instructions of lanes by <see cref="InstructionClass"/>.</summary>
    public long[] LaneInstructions { get; } = new long[Enum.GetValues<InstructionClass>().Length];

    /// <summary>Requests of a warp to device memory: reads, then writes.</summary>
    public long[] GlobalRequests { get; } = new long[2];

    /// <summary>32-byte sectors that those requests touch.</summary>
    public long[] GlobalSectors { get; } = new long[2];

    /// <summary>Sectors that the same bytes would fill side by side.</summary>
    public long[] IdealSectors { get; } = new long[2];

    /// <summary>Requests of a warp to shared memory.</summary>
    public long SharedRequests { get; private set; }

    /// <summary>Passes over the banks that those requests take.</summary>
    public long SharedPasses { get; private set; }

    /// <summary>Passes that they would take without conflicts.</summary>
    public long IdealPasses { get; private set; }

    /// <summary>The most words of one bank that a pass asked for.</summary>
    public int WorstConflict { get; private set; }

    /// <summary>Operations of tensor-core products: 2 M N K each.</summary>
    public long TensorFlops { get; set; }

    /// <summary>An instruction runs for some lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(Instruction instruction, uint lanes)
    {
        int kind = (int)instruction.Kind;
        WarpInstructions[kind]++;
        LaneInstructions[kind] += Lanes.CountOf(lanes);
    }

    /// <summary>Lanes access device memory: their addresses are in <see cref="Warp.Addresses"/>.</summary>
    public void NoteGlobal(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        ulong* sectors = stackalloc ulong[Lanes.Count];
        int count = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            ulong sector = warp.Addresses.Address[Lanes.First(left)] / SectorBytes;
            if (count > 0 && sectors[count - 1] == sector) continue;
            if (!new ReadOnlySpan<ulong>(sectors, count).Contains(sector)) sectors[count++] = sector;
        }
        int way = access.HasFlag(AccessKind.Write) ? 1 : 0;
        GlobalRequests[way]++;
        GlobalSectors[way] += count;
        IdealSectors[way] += ((Lanes.CountOf(lanes) * bytes) + SectorBytes - 1) / SectorBytes;
    }

    /// <summary>Lanes access shared memory: their offsets are in <see cref="Warp.Addresses"/>.</summary>
    public void NoteShared(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        if (access.HasFlag(AccessKind.Atomic)) return;
        int wordsPerLane = Math.Max(bytes / BankBytes, 1), lanesPerPass = Lanes.Count / wordsPerLane;
        uint group = lanesPerPass == Lanes.Count ? Lanes.All : (1u << lanesPerPass) - 1;
        uint* words = stackalloc uint[Lanes.Count * 4];
        int* perBank = stackalloc int[Banks];
        SharedRequests++;
        for (int first = 0; first < Lanes.Count; first += lanesPerPass)
        {
            uint asking = lanes & (group << first);
            if (asking == 0) continue;
            int most = Conflict(warp, asking, wordsPerLane, words, perBank);
            SharedPasses += most;
            IdealPasses++;
            WorstConflict = Math.Max(WorstConflict, most);
        }
    }

    private static int Conflict(Warp warp, uint lanes, int wordsPerLane, uint* words, int* perBank)
    {
        uint* first = stackalloc uint[Banks];            // the first word that each bank was asked for; further ones are rare, and listed
        new Span<int>(perBank, Banks).Clear();
        int further = 0, most = 1;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            uint word = (uint)(warp.Addresses.Address[Lanes.First(left)] / BankBytes);
            for (int n = 0; n < wordsPerLane; n++, word++)
            {
                uint bank = word % Banks;
                if (perBank[bank] == 0)
                {
                    first[bank] = word;
                    perBank[bank] = 1;
                }
                else if (first[bank] != word && !new ReadOnlySpan<uint>(words, further).Contains(word))
                {
                    words[further++] = word;
                    most = Math.Max(most, ++perBank[bank]);
                }
            }
        }
        return most;
    }
}
