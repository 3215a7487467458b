using System.Globalization;
using System.Text;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>
/// Where each tensor of a session lies, worked out before anything is allocated. Tensors share bytes only where their lifetimes do not meet.
/// Slots are placed largest first, each at the lowest free offset.
/// </summary>
public sealed class PoolPlan
{
    /// <summary>Every slot starts at a multiple of this many bytes.</summary>
    public const int Alignment = 256;

    private readonly List<PoolSlot> slots = [];
    private long[]? offsets;
    private long totalBytes;

    /// <summary>The slots, in the order in which they were added.</summary>
    public IReadOnlyList<PoolSlot> Slots => slots;

    /// <summary>Size of the pool in bytes.</summary>
    public long TotalBytes
    {
        get
        {
            Place();
            return totalBytes;
        }
    }

    /// <summary>The sum of the slots' sizes in bytes: what they would take without sharing.</summary>
    public long UnsharedBytes => slots.Sum(slot => slot.ByteCount);

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">A name for reports.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Lengths, outermost first, each at least 0.</param>
    /// <param name="firstUse">The first step in which it is alive, on any clock that all slots share.</param>
    /// <param name="lastUse">The last such step, inclusive; <see cref="int.MaxValue"/> for the whole session.</param>
    /// <exception cref="ArgumentException">The shape is not one, or the lifetime ends before it starts.</exception>
    public PoolSlot Add(string name, DType type, ReadOnlySpan<long> shape, int firstUse, int lastUse)
    {
        Tensor.CheckShape(shape);
        if (lastUse < firstUse) throw new ArgumentException(Invariant($"pool: {name} ends at {lastUse}, before it starts at {firstUse}"));
        long bytes = type.ByteSize();
        foreach (long length in shape) bytes = checked(bytes * length);
        PoolSlot slot = new(slots.Count, name, type, shape.ToArray(), firstUse, lastUse, Math.Max(Alignment, RoundUp(bytes)));
        slots.Add(slot);
        offsets = null;
        return slot;
    }

    /// <summary>Where a slot starts, in bytes from the start of the pool.</summary>
    /// <param name="slot">A slot of this plan.</param>
    /// <exception cref="ArgumentException">The slot is of another plan.</exception>
    public long Offset(PoolSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        if (slot.Index >= slots.Count || !ReferenceEquals(slots[slot.Index], slot))
            throw new ArgumentException($"pool: {slot.Name} is of another plan");
        return Place()[slot.Index];
    }

    /// <summary>A table of the slots with offsets, sizes and lifetimes.</summary>
    public string Describe()
    {
        long[] placed = Place();
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"pool: {TotalBytes} bytes for {slots.Count} tensors ({UnsharedBytes} without sharing)");
        foreach (PoolSlot slot in slots)
        {
            string last = slot.LastUse == int.MaxValue ? "end" : slot.LastUse.ToString(CultureInfo.InvariantCulture);
            string shape = $"{slot.DType.ShortName()} [{TensorView.Join(slot.Shape)}]";
            text.AppendLine(
                CultureInfo.InvariantCulture, $"{placed[slot.Index],14} {slot.ByteCount,14}  {slot.FirstUse}..{last}  {slot.Name}  {shape}");
        }
        return text.ToString();
    }

    private static long RoundUp(long bytes) => checked(bytes + Alignment - 1) / Alignment * Alignment;

    private long[] Place()
    {
        if (offsets is not null) return offsets;
        long[] placedOffsets = new long[slots.Count];
        List<PoolSlot> byOffset = [];                            // the slots placed so far, by rising offset
        long end = 0;
        foreach (PoolSlot slot in slots.OrderByDescending(slot => slot.ByteCount).ThenBy(slot => slot.Index))
        {
            long offset = 0;
            foreach (PoolSlot placed in byOffset)
            {
                if (!placed.IsAliveWith(slot)) continue;
                if (offset + slot.ByteCount <= placedOffsets[placed.Index]) break;   // it fits into the gap below this one
                offset = Math.Max(offset, placedOffsets[placed.Index] + placed.ByteCount);
            }
            placedOffsets[slot.Index] = offset;
            int position = byOffset.FindIndex(placed => placedOffsets[placed.Index] > offset);
            byOffset.Insert(position < 0 ? byOffset.Count : position, slot);
            end = Math.Max(end, offset + slot.ByteCount);
        }
        totalBytes = end;
        offsets = placedOffsets;
        return placedOffsets;
    }
}
