using System.Diagnostics;
using Ditto.Testing;

namespace Ditto.Interop.Tests;

/// <summary>The entry of this program when a test starts it as another process: gets kernels through the cache that the environment names.</summary>
internal static class CacheProcess
{
    private const string Verb = "kernel-cache", CacheVariable = "DITTO_CACHE_DIR";

    public static int Main(string[] arguments)
    {
        if (arguments is not [Verb, string start]) return 2;
        while (DateTime.UtcNow.Ticks < long.Parse(start, null)) Thread.Sleep(1);     // all at once
        using Device device = CompilingDevice.Open();
        device.Kernels.Get(KernelCatalog.Silu[DType.F32]);
        foreach (string warning in device.Kernels.Warnings) Console.Error.WriteLine(warning);
        Console.WriteLine(device.Kernels.CompileCount);
        return 0;
    }

    /// <summary>Starts the program with a cache folder; it waits for the start time before it does anything.</summary>
    public static Process Start(string cacheFolder, DateTime start)
    {
        ProcessStartInfo info = new("dotnet", [typeof(CacheProcess).Assembly.Location, Verb, $"{start.Ticks}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment[CacheVariable] = cacheFolder;
        return Process.Start(info)!;
    }
}
