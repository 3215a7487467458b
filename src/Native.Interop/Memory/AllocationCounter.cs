namespace Ditto.Interop;

/// <summary>Counts a device's allocations. Safe from any thread, finalizers included.</summary>
internal sealed class AllocationCounter
{
    private readonly Lock gate = new();
    private long liveCount, liveBytes, peakBytes, totalCount;

    /// <summary>Allocations that are not freed yet.</summary>
    public long LiveCount => Interlocked.Read(ref liveCount);

    /// <summary>Bytes that are not freed yet.</summary>
    public long LiveBytes => Interlocked.Read(ref liveBytes);

    /// <summary>The most bytes that were allocated at one time.</summary>
    public long PeakBytes => Interlocked.Read(ref peakBytes);

    /// <summary>Allocations ever made.</summary>
    public long TotalCount => Interlocked.Read(ref totalCount);

    /// <summary>Counts a new allocation.</summary>
    public void Add(long bytes)
    {
        lock (gate)
        {
            liveCount++;
            totalCount++;
            liveBytes += bytes;
            peakBytes = Math.Max(peakBytes, liveBytes);
        }
    }

    /// <summary>Counts a freed allocation.</summary>
    public void Remove(long bytes)
    {
        lock (gate)
        {
            liveCount--;
            liveBytes -= bytes;
        }
    }

    /// <summary>Starts a new peak from what is allocated now.</summary>
    public void ResetPeak()
    {
        lock (gate) peakBytes = liveBytes;
    }
}
