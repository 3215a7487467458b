using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Testing;

/// <summary>The real NVRTC for tests: where the system has it, or in the reference folder beside the repository.</summary>
public static class TestCompiler
{
    private const string Variable = "DITTO_NVRTC_PATH";

    private static readonly Lazy<(KernelCompiler? Compiler, string Reason)> Loaded = new(Load);

    /// <summary>Whether there is a compiler.</summary>
    public static bool IsPresent => Loaded.Value.Compiler is not null;

    /// <summary>The compiler; where there is none the test is skipped and says why.</summary>
    public static KernelCompiler Require()
    {
        if (Loaded.Value.Compiler is null) Assert.Ignore($"NVRTC is not here: {Loaded.Value.Reason}");
        return Loaded.Value.Compiler!;
    }

    private static (KernelCompiler? Compiler, string Reason) Load()
    {
        string beside = Path.Combine(Repository.Root, "..", "shared", "cuda", "lib");
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) && Directory.Exists(beside))
            Environment.SetEnvironmentVariable(Variable, beside);
        return KernelCompiler.TryLoad(out KernelCompiler? compiler, out string reason) ? (compiler, "") : (null, reason);
    }
}
