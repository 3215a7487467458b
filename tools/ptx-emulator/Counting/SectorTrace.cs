namespace Ditto.Emulation.Counting;

/// <summary>
/// The sectors of device memory that a block asks the second-level cache for, in their order. What the block touched before stays in a first-level
/// cache of 128 KiB of its own (one place for each sector, by its address); stores go through it.
/// </summary>
/// <remarks>A multiprocessor's blocks share 128 to 256 KiB with shared memory; a block that streams is not affected by the difference.</remarks>
internal sealed class SectorTrace
{
    /// <summary>Bytes of a sector.</summary>
    public const int SectorBytes = 32;

    private const int Places = 4096, LengthBits = 7, MaxLength = (1 << LengthBits) - 1;
    private const ulong Dirty = 1;
    private readonly ulong[] cache = new ulong[Places];          // (sector + 1) * 2 + dirty; 0 is empty
    private readonly List<ulong> runs = [];                      // first sector | length | write

    /// <summary>Notes an access to a sector.</summary>
    public void Note(ulong sector, bool isWrite)
    {
        ref ulong place = ref cache[(sector ^ (sector >> 12)) % Places];
        ulong clean = (sector + 1) << 1;
        if (isWrite ? place == (clean | Dirty) : (place & ~Dirty) == clean) return;
        place = isWrite ? clean | Dirty : clean;
        ulong way = isWrite ? 1ul : 0;
        if (runs.Count > 0)
        {
            (ulong first, int length, bool wasWrite) = Unpack(runs[^1]);
            if (wasWrite == isWrite && first + (ulong)length == sector && length < MaxLength)
            {
                runs[^1] += 2;
                return;
            }
        }
        runs.Add((sector << (LengthBits + 1)) | (1 << 1) | way);
    }

    /// <summary>The block has ended: gives its runs of neighbouring sectors away and forgets them.</summary>
    public ulong[] Take()
    {
        ulong[] taken = [.. runs];
        runs.Clear();
        Array.Clear(cache);
        return taken;
    }

    /// <summary>A run's first sector, its length in sectors, and whether it is written.</summary>
    public static (ulong First, int Length, bool IsWrite) Unpack(ulong run) =>
        (run >> (LengthBits + 1), (int)(run >> 1) & MaxLength, (run & 1) != 0);
}
