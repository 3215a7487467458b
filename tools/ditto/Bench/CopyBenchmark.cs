using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>A copy within the device's memory, of a size beyond its caches: what kernels that only stream can reach at best.</summary>
/// <param name="ByteCount">Size of what is copied.</param>
/// <param name="Samples">Seconds of each copy.</param>
internal sealed record CopyBenchmark(long ByteCount, Samples Samples)
{
    private const long MinBytes = 16L << 20;

    /// <summary>Bytes read and written in a second by the fastest copy.</summary>
    public double BytesPerSecond => 2 * ByteCount / Samples.Min;

    /// <summary>Copies so many bytes, fewer where the device has no room for twice as many.</summary>
    public static CopyBenchmark Run(BenchStream stream, long byteCount, int repeats)
    {
        while (byteCount > MinBytes && 2 * byteCount > stream.Device.FreeBytes() / 2) byteCount /= 2;
        using DeviceMemory memory = stream.Device.Allocate(2 * byteCount);
        Tensor source = memory.View(DType.U8, 0, byteCount), target = memory.View(DType.U8, byteCount, byteCount);
        stream.Operations.FillZero(source);
        stream.Operations.FillZero(target);                          // every page is there before the first copy is timed
        stream.Device.Synchronize();
        Samples samples = new();
        for (int i = 0; i < repeats; i++) samples.Add(stream.Time(() => stream.Operations.Copy(target, source)));
        return new CopyBenchmark(byteCount, samples);
    }
}
