using System.Text.Json;
using Ditto.Emulation.Execution;
using Ditto.Interop;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary><c>ditto kernels --emulate --trace</c>: the first wrong value, and who wrote it.</summary>
public sealed class KernelTraceTests
{
    private const int Columns = 100, Rows = 12, Blocks = 4, Threads = 128;

    /// <summary>silu, wrong in three elements; element 777 is that of block 2, thread 9: 4 blocks of 128 threads stride over the elements.</summary>
    private static readonly KernelSource WrongSilu = KernelSource.FromText("wrong_silu.cu", """
        template <typename T>
        __global__ void wrong_silu(T* y, const T* x, int count)
        {
            for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
            {
                const float v = x[i];
                const float right = v / (1.0f + expf(-v));
                if (i != 1100) y[i] = i == 777 || i == 901 ? right + 0.5f : right;
            }
        }
        """);

    private static readonly KernelCase Wrong = Case((operations, y, x) =>
    {
        if (operations.Device.Name.StartsWith("cpu", StringComparison.Ordinal))
        {
            operations.Silu(y, x);
            return;
        }
        Kernel kernel = operations.Device.Kernels.Load(WrongSilu, "wrong_silu<float>");
        operations.Launch(kernel, new LaunchGeometry(Blocks, 1, 1, Threads), y, x, (int)x.ElementCount);
    });

    private static readonly KernelCase Right = Case((operations, y, x) => operations.Silu(y, x));

    [Test]
    public void A_wrong_kernel_is_found_with_the_thread_that_wrote_first_and_a_right_one_passes()
    {
        TestCompiler.Require();
        using Device cpu = Device.Open("cpu");
        using KernelTrace trace = new(cpu, "sm_80");
        WrongValue wrong = trace.Run(Wrong)!;
        Assert.That((wrong.Tensor, wrong.Index, wrong.WrongCount, wrong.Count), Is.EqualTo(("y", new long[] { 7, 77 }, 3L, (long)(Rows * Columns))));
        Assert.That(wrong.Found - wrong.Expected, Is.EqualTo(0.5).Within(1e-5));
        Assert.That((wrong.Writer!.Block, wrong.Writer.Thread), Is.EqualTo(((Dim3?)new Dim3(2, 0, 0), (Dim3?)new Dim3(9, 0, 0))));
        Assert.That((wrong.Writer.SourceFile, wrong.Writer.SourceLine), Is.EqualTo(("wrong_silu.cu", 8)));
        Assert.That(wrong.Writer.Command, Does.Contain("wrong_silu"));
        Assert.That(trace.Run(Right), Is.Null);
    }

    [Test]
    public void The_report_says_what_is_wrong_and_by_whom()
    {
        TestCompiler.Require();
        using Device cpu = Device.Open("cpu");
        using KernelTrace trace = new(cpu, "sm_80");
        using StringWriter output = new();
        TraceReport.WriteText(new Shell { Out = output, Error = output }, "cpu", "emulated:sm_80", [(Wrong, trace.Run(Wrong)), (Right, null)]);
        Assert.That(output.ToString(), Does.Contain("y[7, 77]").And.Contain("3 of 1200 elements are wrong").And.Contain("block (2, 0, 0)"));
        Assert.That(output.ToString(), Does.Contain("thread (9, 0, 0)").And.Contain("wrong_silu.cu:8").And.Contain("1 of 2 launches agree"));
    }

    [Test]
    public void An_element_that_nobody_wrote_has_no_writer()
    {
        TestCompiler.Require();
        using Device cpu = Device.Open("cpu");
        using KernelTrace trace = new(cpu, "sm_80");
        KernelCase nothing = Case((operations, y, x) =>
        {
            if (operations.Device.Name.StartsWith("cpu", StringComparison.Ordinal)) operations.Silu(y, x);
        });
        WrongValue wrong = trace.Run(nothing)!;
        Assert.That((wrong.WrongCount, wrong.Found), Is.EqualTo(((long)(Rows * Columns), double.NaN)));
        Assert.That(wrong.Writer!.ToString(), Does.StartWith("copy of"), "only the bytes from before the launch");
    }

    [Test]
    public void Shipped_kernels_agree_and_the_json_says_with_what()
    {
        TestCompiler.Require();
        JsonElement json = Tool.Json("kernels", "--emulate", "sm_80", "--trace", "--filter", "guidance_sampler_step<");
        Assert.That((json.GetProperty("reference").GetString(), json.GetProperty("device").GetString()), Is.EqualTo(("cpu", "emulated:sm_80")));
        Assert.That(json.GetProperty("kernels").EnumerateArray().Select(kernel => kernel.GetProperty("agrees").GetBoolean()),
            Is.EqualTo(new[] { true, true, true }));
    }

    [Test]
    public void A_trace_needs_a_gpu_to_emulate()
    {
        ToolResult result = Tool.Run("kernels", "--trace");
        Assert.That(result.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("--emulate"));
    }

    [TestCase(DType.F32, 1f, 1 + (60f / (1 << 23)), true)]
    [TestCase(DType.F32, 1f, 1 + (70f / (1 << 23)), false)]
    [TestCase(DType.F32, 0f, 1e-8f, false)]                    // all are zero: nothing to measure by
    [TestCase(DType.F32, float.NaN, float.NaN, true)]
    [TestCase(DType.F32, float.NaN, 1f, false)]
    [TestCase(DType.F32, 1f, float.NaN, false)]
    [TestCase(DType.F32, float.PositiveInfinity, float.PositiveInfinity, true)]
    [TestCase(DType.F32, float.PositiveInfinity, float.MaxValue, false)]
    [TestCase(DType.F32, 1f, float.PositiveInfinity, false)]
    [TestCase(DType.I32, 5f, 5f, true)]
    [TestCase(DType.I32, 5f, 6f, false)]
    public void Elements_may_differ_by_a_few_last_places(DType type, float expected, float found, bool accepted)
    {
        byte[] bytes = type == DType.I32 ? BitConverter.GetBytes((int)expected) : BitConverter.GetBytes(expected);
        Assert.That(new TensorComparison(type, bytes).Accepts(0, found), Is.EqualTo(accepted));
    }

    private static KernelCase Case(Action<Operations, Tensor, Tensor> launch) => new(
        KernelCatalog.Silu[DType.F32], "12 x 100",
        [CaseTensor.Output("y", DType.F32, Rows, Columns), CaseTensor.Input("x", DType.F32, Rows, Columns)],
        (operations, t) => launch(operations, t("y"), t("x")));
}
