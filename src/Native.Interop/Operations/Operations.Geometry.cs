namespace Ditto.Interop;

/// <content>Launch geometry of the elastic kernels, which are right for any.</content>
public sealed unsafe partial class Operations
{
    /// <summary>Elements of a span of the flat kernels, as in <c>device.cuh</c>.</summary>
    private const int Span = 2048;

    /// <summary>Bytes of one thread's memory request on a GPU.</summary>
    private const int PackBytes = 16;

    /// <summary>Threads that a multiprocessor holds at a time, at least.</summary>
    private const int ResidentThreads = 2048;

    /// <summary>Blocks that a launch has at most. Tests lower it: the result must not depend on the grid.</summary>
    internal int MaxGrid { get; set; } = int.MaxValue;

    /// <summary>Threads that a block has at most. Tests lower it: the result must be right for every block.</summary>
    internal int MaxBlock { get; set; } = LaunchGeometry.DefaultBlock;

    /// <summary>
    /// Blocks stride over rows, the threads of a block share a row: whole warps, and no more threads than a row has requests. Where a block is
    /// one thread, each row has a block: cores take runs of blocks, and strides would scatter what lies together (half the bandwidth on a CPU).
    /// </summary>
    private LaunchGeometry RowGeometry(long rows, long rowLength, DType type)
    {
        long requests = Math.Max(1, rowLength * type.ByteSize() / PackBytes);
        int block = (int)Math.Min((requests + 31) / 32 * 32, Math.Min(MaxBlock, Device.MaxThreadsPerBlock));
        long resident = block == 1 ? rows : (long)Device.MultiprocessorCount * Math.Max(1, ResidentThreads / block);
        return new LaunchGeometry((int)Math.Min(Math.Max(1, rows), Math.Min(resident, MaxGrid)), 1, 1, block);
    }

    /// <summary>Blocks stride over spans of a flat array.</summary>
    private LaunchGeometry SpanGeometry(long spans, DType type) => RowGeometry(spans, Span, type);

    private static long SpanCount(long count) => (count + Span - 1) / Span;
}
