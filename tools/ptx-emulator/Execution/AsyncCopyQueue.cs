using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Execution;

/// <summary>
/// A warp's asynchronous copies that nobody has waited for. Each lane counts its groups: a copy belongs to the group that the lane's next
/// commit closes, and arrives when the lane waits for that group.
/// </summary>
internal sealed class AsyncCopyQueue
{
    private readonly List<AsyncCopyBatch> waiting = [];
    private readonly Stack<AsyncCopyBatch> spare = new();
    private readonly int[] open = new int[Lanes.Count];      // groups that the lane has committed: the number of its open one

    /// <summary>A new block: nothing is under way.</summary>
    public void Forget()
    {
        foreach (AsyncCopyBatch batch in waiting) spare.Push(batch);
        waiting.Clear();
        Array.Clear(open);
    }

    /// <summary>Adds copies to the lanes' open groups; the caller fills in places and bytes.</summary>
    /// <param name="lanes">Not empty.</param>
    /// <param name="bytes">4, 8 or 16.</param>
    public AsyncCopyBatch Issue(uint lanes, int bytes)
    {
        if (!spare.TryPop(out AsyncCopyBatch? batch)) batch = new AsyncCopyBatch();
        batch.Lanes = lanes;
        batch.Bytes = bytes;
        open.CopyTo(batch.Group, 0);
        waiting.Add(batch);
        return batch;
    }

    /// <summary>Closes the lanes' open groups.</summary>
    public void Commit(uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1) open[Lanes.First(left)]++;
    }

    /// <summary>Lets all copies of the lanes arrive, those of their open groups included, without closing these.</summary>
    public void WaitForAll(Warp warp, uint lanes) => Wait(warp, lanes, -1);

    /// <summary>Lets all copies of the lanes arrive but those of their open group and of their newest closed ones.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lanes">Who waits.</param>
    /// <param name="newest">Closed groups that may still be under way.</param>
    public void Wait(Warp warp, uint lanes, int newest)
    {
        if (waiting.Count == 0) return;
        int kept = 0;
        for (int n = 0; n < waiting.Count; n++)
        {
            AsyncCopyBatch batch = waiting[n];
            for (uint left = batch.Lanes & lanes; left != 0; left &= left - 1)
            {
                int lane = Lanes.First(left);
                if (batch.Group[lane] >= open[lane] - newest) continue;
                SharedAccess.Land(warp, lane, batch.Offset[lane], batch.Data.AsSpan(lane * AsyncCopyBatch.MaxBytes, batch.Bytes));
                batch.Lanes &= ~(1u << lane);
            }
            if (batch.Lanes == 0) spare.Push(batch);
            else waiting[kept++] = batch;
        }
        waiting.RemoveRange(kept, waiting.Count - kept);
    }
}
