using System.Globalization;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>The processor, through libditto_cpu, which exports the three libraries' names. Its devices differ in their instruction set.</summary>
internal static unsafe class CpuBackend
{
    private static readonly Lazy<Libraries> Loaded = new(Load);

    /// <summary>Opens by instruction set (<c>x86-64-v3</c>), by number (<c>0</c>) or, with nothing given, the best one.</summary>
    /// <exception cref="DeviceException">The library is missing, or the processor lacks the instruction set.</exception>
    public static DeviceBackend Open(string which)
    {
        Libraries libraries = Loaded.Value;
        string name = which.Length == 0 ? "cpu" : $"cpu:{which}";
        if (libraries.Tables is not Tables tables) throw DeviceException.Unavailable(name, libraries.Reason);
        int ordinal = which.Length == 0 ? 0 : Array.IndexOf(tables.Isas, which);
        bool isNumber = int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (isNumber) ordinal = number;
        if (ordinal < 0 || ordinal >= tables.Isas.Length)
            throw DeviceException.Unavailable(name, $"this processor offers {string.Join(", ", tables.Isas)}");
        string fullName = which.Length == 0 || isNumber && number == 0 ? "cpu" : $"cpu:{tables.Isas[ordinal]}";
        return new DeviceBackend(fullName, ordinal, tables.Driver, tables.Nvrtc, tables.CublasLt)
        {
            Architecture = tables.Isas[ordinal],
            CompilesAtOnce = true,
            Workers = tables.Workers,
        };
    }

    /// <summary><c>cpu</c>, then one name for each further instruction set; empty where the library is missing.</summary>
    public static IReadOnlyList<string> List() =>
        Loaded.Value.Tables is Tables tables ? ["cpu", .. tables.Isas.Skip(1).Select(isa => $"cpu:{isa}")] : [];

    private static Libraries Load()
    {
        if (!LibraryLoader.TryOpen(LibraryNames.Cpu(), out LoadedLibrary? library, out string reason))
            return new Libraries(null, $"libditto_cpu: {reason} (it is built for Linux on x64; DITTO_CPU_LIBRARY names another place)");
        try
        {
            CudaDriver driver = new(library.Resolve);
            WorkerThreads workers = new(library.Resolve);
            CuResult result = driver.cuInit(0);
            int count = 0;
            if (result == CuResult.CUDA_SUCCESS) result = driver.cuDeviceGetCount(&count);
            string wanted = Environment.GetEnvironmentVariable("DITTO_CPU_ISA") ?? "";
            if (result == CuResult.CUDA_ERROR_NO_DEVICE && wanted.Length > 0)
                return new Libraries(
                    null, $"DITTO_CPU_ISA is \"{wanted}\", no instruction set of this processor; without it, ditto devices lists them");
            if (result != CuResult.CUDA_SUCCESS)
                return new Libraries(null, Invariant($"libditto_cpu starts with {NativeText.ErrorName(driver, result)} ({(int)result})"));
            string[] isas = new string[count];
            for (int ordinal = 0; ordinal < count; ordinal++) isas[ordinal] = NativeText.FromUtf8(workers.dittoCpuGetIsaName(ordinal));
            return new Libraries(new Tables(driver, new Nvrtc(library.Resolve), new CublasLt(library.Resolve), workers, isas), "");
        }
        catch (EntryPointNotFoundException missing)
        {
            return new Libraries(null, missing.Message);
        }
    }

    private sealed record Tables(CudaDriver Driver, Nvrtc Nvrtc, CublasLt CublasLt, WorkerThreads Workers, string[] Isas);

    private sealed record Libraries(Tables? Tables, string Reason);
}
