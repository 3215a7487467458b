namespace Ditto.Interop;

/// <summary>Where the native libraries may lie: named by an environment variable, in the CUDA toolkit, or where the system looks.</summary>
internal static class LibraryNames
{
    private static readonly string[] ToolkitFolders = ["lib64", "lib", "bin", "bin/x64", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib"];

    /// <summary>The driver, which comes with the GPU's driver package and never with the toolkit.</summary>
    public static IReadOnlyList<string> Driver() => OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];

    /// <summary>NVRTC: <c>DITTO_NVRTC_PATH</c> (file or folder), <c>CUDA_PATH</c>, <c>CUDA_HOME</c>, then the system's own search.</summary>
    public static IReadOnlyList<string> Nvrtc() => Search(
        "DITTO_NVRTC_PATH",
        OperatingSystem.IsWindows() ? ["nvrtc64_120_0.dll", "nvrtc64_130_0.dll"] : ["libnvrtc.so.12", "libnvrtc.so.13", "libnvrtc.so"]);

    /// <summary>cuBLASLt: <c>DITTO_CUBLASLT_PATH</c> (file or folder), <c>CUDA_PATH</c>, <c>CUDA_HOME</c>, then the system's own search.</summary>
    public static IReadOnlyList<string> CublasLt() => Search(
        "DITTO_CUBLASLT_PATH",
        OperatingSystem.IsWindows() ? ["cublasLt64_12.dll", "cublasLt64_13.dll"] : ["libcublasLt.so.12", "libcublasLt.so.13", "libcublasLt.so"]);

    /// <summary>The CPU device: <c>DITTO_CPU_LIBRARY</c>, beside the program or this assembly, or in the package's folder there.</summary>
    public static IReadOnlyList<string> Cpu()
    {
        const string name = "libditto_cpu.so";
        string? named = Environment.GetEnvironmentVariable("DITTO_CPU_LIBRARY");
        if (!string.IsNullOrEmpty(named)) return [Path.GetFullPath(named)];
        List<string> candidates = [];
        string beside = Path.GetDirectoryName(typeof(LibraryNames).Assembly.Location) ?? "";
        foreach (string folder in new[] { AppContext.BaseDirectory, beside }.Where(folder => folder.Length > 0).Distinct())
        {
            candidates.Add(Path.Combine(folder, name));
            candidates.Add(Path.Combine(folder, "runtimes", "linux-x64", "native", name));
        }
        candidates.Add(name);
        return candidates;
    }

    private static List<string> Search(string variable, string[] names)
    {
        List<string> candidates = [];
        string? named = Environment.GetEnvironmentVariable(variable);
        if (!string.IsNullOrEmpty(named))
        {
            string full = Path.GetFullPath(named);
            if (Directory.Exists(full)) candidates.AddRange(names.Select(name => Path.Combine(full, name)));
            else candidates.Add(full);
        }
        foreach (string toolkitVariable in new[] { "CUDA_PATH", "CUDA_HOME" })
        {
            string? toolkit = Environment.GetEnvironmentVariable(toolkitVariable);
            if (string.IsNullOrEmpty(toolkit)) continue;
            foreach (string folder in ToolkitFolders)
                candidates.AddRange(names.Select(name => Path.GetFullPath(Path.Combine(toolkit, folder, name))));
        }
        candidates.AddRange(names);
        return candidates;
    }
}
