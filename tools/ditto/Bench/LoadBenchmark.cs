using System.Diagnostics;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Microsoft.Win32.SafeHandles;

namespace Ditto.CommandLine;

/// <summary>
/// Loading a model beside reading its files into pinned memory that nothing has touched, by one thread and without a look at them: what the disk
/// or the system's page cache gives. Both take turns, so that each finds the memory that the other has just given back.
/// </summary>
/// <param name="FileBytes">Size of the files.</param>
/// <param name="Reads">Seconds to read them.</param>
/// <param name="Loads">Seconds to load the model.</param>
/// <param name="Ratios">Speed of loading over speed of reading, of each pair.</param>
internal sealed record LoadBenchmark(long FileBytes, Samples Reads, Samples Loads, Samples Ratios)
{
    private const int BlockBytes = 64 << 20;

    /// <summary>Measures pairs; null where there are no files, or no memory for them.</summary>
    public static LoadBenchmark? Run(
        BenchedModel benched, Device device, DType type, WeightStorage weights, int pairs, CancellationToken cancellation)
    {
        IReadOnlyList<string> files = benched.Files();
        if (files.Count == 0) return null;
        LoadBenchmark result = new(files.Sum(file => new FileInfo(file).Length), new Samples(), new Samples(), new Samples());
        for (int i = 0; i < pairs; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Read(device, files) is not double read) return null;
            long start = Stopwatch.GetTimestamp();
            using DiTModel model = benched.Load(device, type, weights, cancellation);
            double load = Stopwatch.GetElapsedTime(start).TotalSeconds;
            result.Reads.Add(read);
            result.Loads.Add(load);
            result.Ratios.Add(read / load);
        }
        return result;
    }

    private static double? Read(Device device, IReadOnlyList<string> files)
    {
        List<HostMemory> blocks = [];
        try
        {
            long blockCount = files.Sum(file => (new FileInfo(file).Length + BlockBytes - 1) / BlockBytes);
            for (long i = 0; i < blockCount; i++) blocks.Add(device.AllocateHost(BlockBytes));
            long start = Stopwatch.GetTimestamp();
            int next = 0;
            foreach (string file in files) next = ReadFile(file, blocks, next);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        catch (DeviceException refused) when (refused.IsOutOfMemory)
        {
            return null;
        }
        finally
        {
            blocks.ForEach(block => block.Dispose());
        }
    }

    /// <summary>Fills blocks with a file.</summary>
    /// <returns>The first block that is still free.</returns>
    private static int ReadFile(string path, List<HostMemory> blocks, int next)
    {
        using SafeFileHandle handle = File.OpenHandle(path);
        long offset = 0, length = RandomAccess.GetLength(handle);
        for (; offset < length && next < blocks.Count; next++)
        {
            Span<byte> rest = blocks[next].AsSpan<byte>();
            while (rest.Length > 0 && RandomAccess.Read(handle, rest, offset) is > 0 and int count)
            {
                offset += count;
                rest = rest[count..];
            }
        }
        return next;
    }
}
