namespace Ditto.Emulation.Execution;

/// <summary>
/// An mbarrier: it counts arrivals and the bytes of bulk copies; where both have come a phase is over and the next begins (PTX.md section 10).
/// </summary>
/// <param name="expected">Arrivals of a phase.</param>
/// <param name="warps">Of the block.</param>
internal sealed class PhaseBarrier(int expected, int warps)
{
    /// <summary>The most arrivals that a phase can have.</summary>
    public const int MaxCount = (1 << 20) - 1;

    private readonly List<(int Offset, int Bytes)> copying = [];
    private uint[] arriving = new uint[warps], arrived = new uint[warps];

    /// <summary>Phases that are over.</summary>
    public int Phase { get; private set; }

    /// <summary>Arrivals that the next phase will have.</summary>
    public int Expected { get; private set; } = expected;

    /// <summary>Arrivals that the present phase still awaits.</summary>
    public int Pending { get; private set; } = expected;

    /// <summary>Bytes that the present phase still awaits; below 0 while they come before they are announced.</summary>
    public long Bytes { get; private set; }

    /// <summary>Places in shared memory that copies of a finished phase have filled and no wait has made readable.</summary>
    public List<(int Offset, int Bytes)> Landed { get; } = [];

    /// <summary>For each warp what lies before the present phase's end, by <see cref="Checks.SharedRaces"/>.</summary>
    public uint[] Arriving => arriving;

    /// <summary>The same of the last finished phase.</summary>
    public uint[] Arrived => arrived;

    /// <summary>What an arrival returns: the phase's parity and the arrivals that it awaited before.</summary>
    public ulong Token => ((ulong)(Phase & 1) << 63) | (uint)Pending;

    /// <summary>Counts arrivals.</summary>
    /// <param name="count">How many; at most <see cref="Pending"/>.</param>
    /// <param name="drops">They leave the following phases too.</param>
    public void Arrive(int count, bool drops)
    {
        Pending -= count;
        if (drops) Expected -= count;
        EndPhase();
    }

    /// <summary>Makes room for one more arrival of the present phase.</summary>
    public void AddPending() => Pending++;

    /// <summary>Announces bytes, or counts those that came as less than none.</summary>
    public void Expect(long bytes)
    {
        Bytes += bytes;
        EndPhase();
    }

    /// <summary>A bulk copy to a place; it counts as soon as the phase is over.</summary>
    public void AddCopy(int offset, int bytes) => copying.Add((offset, bytes));

    private void EndPhase()
    {
        if (Pending != 0 || Bytes != 0) return;
        Phase++;
        Pending = Expected;
        Landed.AddRange(copying);
        copying.Clear();
        (arriving, arrived) = (arrived, arriving);
        arrived.CopyTo(arriving, 0);                     // what lay before the phase's end lies before the next one's
    }
}
