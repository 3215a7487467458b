using System.Globalization;
using Ditto.Emulation.Syntax;
using Ditto.Interop;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Syntax;

/// <summary>The project's own kernels, as the real compiler writes them with line information.</summary>
public sealed class KernelTests
{
    private static readonly string[] Architectures = ["sm_80", "sm_89", "sm_90", "sm_100", "sm_120"];

    [TestCase("layernorm_modulate.cu", "sm_80")]
    [TestCase("attention.cu", "sm_90")]
    [TestCase("gate_residual.cu", "sm_120")]
    public void A_kernel_is_read_whole(string file, string architecture) =>
        Read(TestCompiler.Require(), KernelCatalog.All.First(entry => entry.Source.EndsWith($"/{file}", StringComparison.Ordinal)), architecture);

    [Test]
    [Category("Sweep"), Explicit("about 100 kernels for five architectures take three minutes")]
    public void Every_kernel_is_read_whole([ValueSource(nameof(Architectures))] string architecture)
    {
        KernelCompiler compiler = TestCompiler.Require();
        foreach (KernelEntry entry in KernelCatalog.All) Read(compiler, entry, architecture);
    }

    private static void Read(KernelCompiler compiler, KernelEntry entry, string architecture)
    {
        string virtualName = architecture.Replace("sm_", "compute_", StringComparison.Ordinal);      // no binary: only the text is wanted
        CompiledKernel compiled = compiler.Compile(KernelSource.Shipped(entry.Source), entry.NameExpression, virtualName, "-lineinfo");
        PtxModule module = PtxParser.Parse(compiled.Ptx);
        PtxFunction kernel = module.Functions.Single(function => function.IsEntry);
        PtxInstruction[] instructions = [.. Walk.Instructions(module)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(module.Target, Is.EqualTo(architecture));
            Assert.That(kernel.Name, Is.EqualTo(compiled.LoweredName));
            Assert.That(instructions.Count(item => item.Opcode.StartsWith("mma", StringComparison.Ordinal)),
                Is.EqualTo(Walk.Count(compiled.Ptx, "mma.sync.")));
            Assert.That(instructions.Count(item => item.Opcode == "bar"), Is.EqualTo(Walk.Count(compiled.Ptx, "bar.sync")));
            Assert.That(instructions.Count(item => item.Guard is not null), Is.EqualTo(Walk.Count(compiled.Ptx, "\t@")));
            Assert.That(instructions.Select(item => item.Source), Is.EqualTo(SourcesByLine(compiled.Ptx, instructions.Select(item => item.Line))));
            Assert.That(instructions.Select(item => item.Source?.File ?? 1).Distinct(), Is.SubsetOf(module.Files.Keys));
            Assert.That(module.Files.Values, Has.Some.Contains(Path.GetFileName(entry.Source)));
        }
    }

    /// <summary>The place that the last <c>.loc</c> before each line gives; null for line 0, which is how the compiler writes no line.</summary>
    private static IEnumerable<PtxSourceLine?> SourcesByLine(string text, IEnumerable<int> lines)
    {
        string[] all = text.Split('\n');
        int at = 0;
        PtxSourceLine? source = null;
        foreach (int line in lines)
        {
            for (; at < line; at++)
            {
                if (!all[at].StartsWith("\t.loc", StringComparison.Ordinal)) continue;
                int[] place = [.. all[at].Split(['\t', ' ', ',']).Skip(2).Take(2).Select(item => int.Parse(item, CultureInfo.InvariantCulture))];
                source = place[1] == 0 ? null : new PtxSourceLine(place[0], place[1]);
            }
            yield return source;
        }
    }
}
