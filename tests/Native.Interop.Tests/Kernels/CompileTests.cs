using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Every shipped kernel through the real NVRTC, for GPUs that need not be here.</summary>
public sealed class CompileTests
{
    private static readonly string[] Architectures = ["sm_80", "sm_89", "sm_90", "sm_100", "sm_120"];

    private static IEnumerable<string> Sources => KernelCatalog.All.Select(entry => entry.Source).Distinct();

    [TestCaseSource(nameof(Sources))]
    public void Compiles_for_every_architecture_without_spills(string source)
    {
        TestCompiler.Require();
        string[] names = [.. KernelCatalog.All.Where(entry => entry.Source == source).Select(entry => entry.NameExpression)];
        KernelSource text = KernelSource.Shipped(source);
        (string Architecture, string Log)[] logs = [.. Architectures.AsParallel().AsOrdered().WithDegreeOfParallelism(2)
            .Select(architecture => (architecture, Compile(text, names, architecture)))];
        using (Assert.EnterMultipleScope())
        {
            foreach ((string architecture, string log) in logs)
            {
                IReadOnlyList<PtxasInfo> functions = PtxasInfo.Parse(log);
                Assert.That(functions, Has.Count.EqualTo(names.Length), $"{architecture}: {log}");
                foreach (PtxasInfo function in functions)
                {
                    Assert.That(function.SpillStoreBytes + function.SpillLoadBytes, Is.Zero, $"{function}");
                    Assert.That(function.Registers, Is.InRange(1, 255), $"{function}");
                }
            }
        }
    }

    /// <summary>All instantiations in one program: the sources are parsed once.</summary>
    private static string Compile(KernelSource source, string[] names, string architecture)
    {
        if (!Nvrtc.TryLoad(out Nvrtc? nvrtc, out string reason)) throw new AssertionException(reason);
        using NvrtcProgram program = NvrtcProgram.Create(nvrtc, "NVRTC", source);
        foreach (string name in names) program.AddNameExpression(name);
        NvrtcResult result = program.Compile(KernelCompiler.AllOptions(architecture, ["--ptxas-options=-v"]));
        string log = program.Log();
        return result == NvrtcResult.NVRTC_SUCCESS ? log : throw new AssertionException($"{source.Name} for {architecture}: {log}");
    }
}
