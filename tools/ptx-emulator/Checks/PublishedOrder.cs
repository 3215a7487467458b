using System.Collections.Concurrent;

namespace Ditto.Emulation.Checks;

/// <summary>An atomic write of a block that had a fence before.</summary>
/// <param name="Block">The block.</param>
/// <param name="Fenced">The stamp of its last access before the fence.</param>
/// <param name="Acquired">What it knew of others.</param>
/// <param name="AcquiredCount">How much of that it knew then.</param>
internal readonly record struct Publication(
    uint Block, uint Fenced, List<(PublishedPlace Place, int Count)> Acquired, int AcquiredCount);

/// <summary>A word of device memory by which blocks have told others what they did.</summary>
internal sealed class PublishedPlace
{
    private readonly List<Publication> publications = [];

    /// <summary>How many there are by now.</summary>
    public int Count
    {
        get
        {
            lock (publications) return publications.Count;
        }
    }

    /// <summary>One more, unless it says nothing new.</summary>
    public void Add(Publication publication)
    {
        lock (publications)
            if (publications.Count == 0 || publications[^1] != publication) publications.Add(publication);
    }

    /// <summary>Some of them, in their order.</summary>
    public Publication[] Range(int from, int to)
    {
        lock (publications) return publications.GetRange(from, to - from).ToArray();
    }
}

/// <summary>What the blocks of a launch have published, and the stamps of their accesses.</summary>
internal sealed class PublishedOrder
{
    /// <summary>The highest stamp that a record can keep.</summary>
    public const uint LastStamp = (1 << 12) - 1;

    private const uint StampsOfLaunch = 1 << 10;         // a block with more fences stays at the last one

    private readonly ConcurrentDictionary<ulong, PublishedPlace> places = [];
    private uint latest;
    private volatile bool hasPlaces;                     // asked at every atomic access; the dictionary would take its locks

    /// <summary>The stamp of accesses before a block's first fence.</summary>
    public uint FirstStamp { get; private set; }

    /// <summary>Blocks of the launch.</summary>
    public long Blocks { get; private set; }

    /// <summary>A new launch.</summary>
    /// <param name="blocks">Its blocks.</param>
    /// <returns>False when stamps are used up: records have to be cleared, and they start again.</returns>
    public bool Begin(long blocks)
    {
        Blocks = blocks;
        places.Clear();
        hasPlaces = false;
        bool fits = latest + 1 + StampsOfLaunch <= LastStamp;
        FirstStamp = latest = fits ? latest + 1 : 1;
        return fits;
    }

    /// <summary>The stamp after one.</summary>
    public uint Next(uint stamp)
    {
        if (stamp + 1 >= FirstStamp + StampsOfLaunch) return stamp;
        uint seen = Volatile.Read(ref latest);
        while (seen < stamp + 1 && Interlocked.CompareExchange(ref latest, stamp + 1, seen) != seen) seen = Volatile.Read(ref latest);
        return stamp + 1;
    }

    /// <summary>The place at an address; null where nobody has published.</summary>
    public PublishedPlace? Find(ulong address) => hasPlaces ? places.GetValueOrDefault(address) : null;

    /// <summary>Adds a publication.</summary>
    public void Add(ulong address, Publication publication)
    {
        places.GetOrAdd(address, _ => new PublishedPlace()).Add(publication);
        hasPlaces = true;
    }
}
