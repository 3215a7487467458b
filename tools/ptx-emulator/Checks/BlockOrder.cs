namespace Ditto.Emulation.Checks;

/// <summary>
/// What lies before a block's next access to device memory. A block publishes what it did before its last fence with each atomic write; who
/// reads that place and then has a fence knows it, and all that the writer knew; one that exchanges it knows at once, since last-block
/// reductions are written without a second fence. A block is taken as a whole: its own barriers are not looked at.
/// </summary>
/// <param name="launch">What the blocks of the launch publish.</param>
internal sealed class BlockOrder(PublishedOrder launch)
{
    private const int MostObserved = 1 << 12;                  // whoever reads more places between fences synchronizes by none of them

    private readonly HashSet<ulong> observed = [];             // addresses that were read since the last fence
    private readonly List<ulong> taken = [];                   // that the last access acquires: once it is done, not before
    private readonly Dictionary<PublishedPlace, int> counts = [];   // how much of a place is acquired
    private readonly Dictionary<int, uint> known = [];         // by block the latest stamp that lies before
    private List<(PublishedPlace Place, int Count)> acquired = [];
    private int acquiredKnown;                                 // of those, as many are in `known`
    private uint stamp, fenced;                                // fenced: of the last fence; 0 for none
    private bool mustMove;                                     // the next access lies behind a fence

    /// <summary>The block's number, as records keep it.</summary>
    public uint Block { get; private set; }

    /// <summary>Whether it knows of any other block.</summary>
    public bool KnowsOthers => acquired.Count > 0;

    /// <summary>The stamp of the next access.</summary>
    public uint Stamp
    {
        get
        {
            if (taken.Count > 0) Settle();
            if (mustMove) Move();
            return stamp;
        }
    }

    /// <summary>Another block begins: it knows of none.</summary>
    /// <param name="block">Its number, as records keep it.</param>
    public void Begin(uint block)
    {
        Block = block;
        stamp = launch.FirstStamp;
        (fenced, mustMove, acquiredKnown) = (0, false, 0);
        if (acquired.Count > 0) acquired = [];                 // what was published refers to the old list
        observed.Clear();
        taken.Clear();
        counts.Clear();
        known.Clear();
    }

    /// <summary>The last access is done: what it read was published by now. To be called before the next atomic one.</summary>
    public void Settle()
    {
        foreach (ulong address in taken) Acquire(address);
        taken.Clear();
    }

    /// <summary>A fence that reaches other blocks.</summary>
    public void Fence()
    {
        Settle();
        Close();
        foreach (ulong address in observed) Acquire(address);
        observed.Clear();
    }

    /// <summary>An atomic access.</summary>
    /// <param name="address">Where.</param>
    /// <param name="reads">Whether it reads; before it writes.</param>
    /// <param name="writes">Whether it writes.</param>
    /// <param name="acquires">Whether it is a fence for what it reads.</param>
    /// <param name="releases">Whether it is one for what it writes.</param>
    public void Note(ulong address, bool reads, bool writes, bool acquires, bool releases)
    {
        if (reads && (acquires || writes)) taken.Add(address);
        else if (reads && observed.Count < MostObserved) observed.Add(address);
        if (!writes) return;
        if (releases) Close();
        if (fenced != 0) launch.Add(address, new Publication(Block, fenced, acquired, acquired.Count));
    }

    /// <summary>Whether what a block did up to a stamp lies before the next access.</summary>
    public bool Knows(uint block, uint upTo)
    {
        Learn();
        return known.TryGetValue((int)block, out uint latest) && latest >= upTo;
    }

    /// <summary>Whether every other block of the launch has published something that lies before the next access.</summary>
    public bool KnowsAll()
    {
        Learn();
        return known.Count - (known.ContainsKey((int)Block) ? 1 : 0) >= launch.Blocks - 1;
    }

    // What the block has done is what its next publication tells.
    private void Close()
    {
        if (!mustMove) fenced = stamp;
        mustMove = true;
    }

    private void Acquire(ulong address)
    {
        if (launch.Find(address) is not PublishedPlace place) return;
        int count = place.Count;
        if (counts.GetValueOrDefault(place) == count) return;
        counts[place] = count;
        lock (acquired) acquired.Add((place, count));          // others read it, from what this block has published
    }

    private void Move()
    {
        mustMove = false;
        stamp = launch.Next(stamp);
    }

    // Follows what was acquired, and what its writers had acquired; each place once up to where it was read.
    private void Learn()
    {
        if (acquiredKnown == acquired.Count) return;
        Dictionary<PublishedPlace, int> read = [];
        Stack<(PublishedPlace Place, int Count)> open = new(acquired.Skip(acquiredKnown));
        acquiredKnown = acquired.Count;
        while (open.TryPop(out (PublishedPlace Place, int Count) next))
        {
            int done = read.GetValueOrDefault(next.Place);
            if (next.Count <= done) continue;
            read[next.Place] = next.Count;
            foreach (Publication publication in next.Place.Range(done, next.Count))
            {
                uint latest = known.GetValueOrDefault((int)publication.Block);
                known[(int)publication.Block] = Math.Max(latest, publication.Fenced);
                lock (publication.Acquired)
                    for (int i = 0; i < publication.AcquiredCount; i++) open.Push(publication.Acquired[i]);
            }
        }
    }
}
