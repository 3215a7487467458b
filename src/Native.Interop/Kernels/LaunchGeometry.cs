using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>How a kernel is launched: blocks, threads of a block, and dynamic shared memory.</summary>
/// <param name="GridX">Blocks along x.</param>
/// <param name="GridY">Blocks along y.</param>
/// <param name="GridZ">Blocks along z.</param>
/// <param name="BlockX">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block in bytes.</param>
public readonly record struct LaunchGeometry(int GridX, int GridY, int GridZ, int BlockX, int SharedBytes = 0)
{
    /// <summary>The block that elastic kernels use where rows are long enough.</summary>
    public const int DefaultBlock = 256;

    /// <summary>Blocks for each multiprocessor: enough to hide latency, few enough that a block works through several rows.</summary>
    public const int BlocksPerMultiprocessor = 8;

    /// <summary>For elastic kernels whose blocks stride over rows: a block as wide as a row, at most 256, and no more blocks than rows.</summary>
    /// <param name="device">The device.</param>
    /// <param name="rows">Rows to work through, at least 1.</param>
    /// <param name="rowLength">Elements that the threads of a block share out.</param>
    public static LaunchGeometry ForRows(Device device, long rows, long rowLength)
    {
        ArgumentNullException.ThrowIfNull(device);
        long wide = Math.Min((Math.Max(rowLength, 1) + 31) / 32 * 32, DefaultBlock);
        int block = (int)Math.Min(wide, device.MaxThreadsPerBlock);
        int grid = (int)Math.Min(Math.Max(rows, 1), (long)device.MultiprocessorCount * BlocksPerMultiprocessor);
        return new LaunchGeometry(grid, 1, 1, block);
    }

    /// <summary>For elementwise kernels whose blocks stride over chunks of the elements.</summary>
    /// <param name="device">The device.</param>
    /// <param name="count">Elements, at least 1.</param>
    /// <param name="chunk">Elements that a block takes at a time.</param>
    public static LaunchGeometry ForElements(Device device, long count, int chunk = 1024) =>
        ForRows(device, (count + chunk - 1) / chunk, Math.Min(count, chunk));

    /// <summary>For example <c>grid 1056x1x1, block 256</c>.</summary>
    public override string ToString() =>
        Invariant($"grid {GridX}x{GridY}x{GridZ}, block {BlockX}") + (SharedBytes > 0 ? Invariant($", {SharedBytes} bytes of shared memory") : "");
}
