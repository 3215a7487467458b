using System.Text;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>The real NVRTC, for architectures that need not be here.</summary>
public sealed class KernelCompilerTests
{
    private const string Scale = """
        template <typename T>
        __global__ void scale(T* y, float s, int n)
        {
            for (int i = threadIdx.x; i < n; i += blockDim.x) y[i] *= s;
        }
        """;

    [TestCase("sm_80")]
    [TestCase("sm_90")]
    public void A_template_is_compiled_for_a_named_architecture(string architecture)
    {
        KernelCompiler compiler = TestCompiler.Require();
        CompiledKernel kernel = compiler.Compile(KernelSource.FromText("scale.cu", Scale), "scale<float>", architecture, "--ptxas-options=-v");
        PtxasInfo info = PtxasInfo.Parse(kernel.Log).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(kernel.LoweredName, Does.StartWith("_Z5scaleIfE"));
            Assert.That(Encoding.ASCII.GetString(kernel.Cubin.Span[1..4]), Is.EqualTo("ELF"));
            Assert.That(kernel.Ptx, Does.Contain(kernel.LoweredName));
            Assert.That(info.Function, Is.EqualTo(kernel.LoweredName));
            Assert.That(info.Architecture, Is.EqualTo(architecture));
            Assert.That(info.Registers, Is.GreaterThan(0));
            Assert.That(info.SpillStoreBytes, Is.Zero);
        }
    }

    [Test]
    public void A_virtual_architecture_gives_ptx_alone()
    {
        CompiledKernel kernel = TestCompiler.Require().Compile(KernelSource.FromText("scale.cu", Scale), "scale<float>", "compute_90");
        Assert.That(kernel.Cubin.Length, Is.Zero);
        Assert.That(kernel.Ptx, Does.Contain(".target sm_90"));
    }

    [Test]
    public void A_failure_carries_kernel_options_and_the_whole_log()
    {
        KernelCompiler compiler = TestCompiler.Require();
        KernelSource broken = KernelSource.FromText("broken.cu", "__global__ void broken() { undeclared = 1; }");
        KernelCompileException error = Assert.Throws<KernelCompileException>(() => compiler.Compile(broken, "broken", "sm_80"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error.Kernel, Is.EqualTo("broken of broken.cu"));
            Assert.That(error.Options, Is.EqualTo(new[] { "-arch=sm_80", "--std=c++17" }));
            Assert.That(error.Log, Does.Contain("undeclared"));
            Assert.That(error.Message, Does.Contain(error.Log));
        }
    }

    [Test]
    public void A_log_is_shown_as_it_is_and_bounded()
    {
        KernelCompiler compiler = TestCompiler.Require();
        const string text = "%s %n {0} {x} [red]%d";
        KernelSource broken = KernelSource.FromText("broken.cu", $"#error {text}");
        KernelCompileException error = Assert.Throws<KernelCompileException>(() => compiler.Compile(broken, "broken", "sm_80"))!;
        Assert.That(error.Message, Does.Contain(text));
        string many = string.Concat(Enumerable.Range(0, 3000).Select(i => $"#warning {i} is a line among very many others of the same kind\n"));
        KernelSource talkative = KernelSource.FromText("talkative.cu", many + "#error at the end");
        error = Assert.Throws<KernelCompileException>(() => compiler.Compile(talkative, "talkative", "sm_80"))!;
        Assert.That(error.Log, Has.Length.LessThan(70_000).And.Contain("more characters)"));
    }

    [Test]
    public void A_device_newer_than_the_compiler_gets_the_newest_ptx()
    {
        KernelCompiler compiler = TestCompiler.Require();
        Assert.That(compiler.ArchitectureFor("sm_90"), Is.EqualTo("sm_90"));
        Assert.That(compiler.ArchitectureFor("sm_999"), Is.EqualTo($"compute_{compiler.SupportedArchitectures().Max()}"));
        Assert.That(compiler.ArchitectureFor("x86-64-v3"), Is.EqualTo("x86-64-v3"));
    }

    [Test]
    public void Headers_are_found_by_the_text_of_their_include_lines()
    {
        KernelSource source = KernelSource.Shipped("transformer/layernorm_modulate.cu");
        Assert.That(source.Headers.Keys, Does.Contain("device.cuh"));
        CompiledKernel kernel = TestCompiler.Require().Compile(source, "layernorm_modulate<bf16>", "sm_80");
        Assert.That(kernel.Cubin.Length, Is.GreaterThan(0));
    }
}
