using System.Text.Json;
using Ditto.Emulation.Counting;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary><c>ditto kernels --emulate</c>.</summary>
public sealed class EmulationTests
{
    private static readonly string[] KernelFields =
    [
        "kernel", "source", "dtype", "shape", "blocks", "blockThreads", "registers", "sharedBytes", "occupancy", "achievedOccupancy",
        "warpInstructions", "laneInstructions", "globalRequests", "sectors", "idealSectors", "l2Sectors", "dramReadBytes", "dramWriteBytes",
        "operandBytes", "sharedRequests", "worstBankConflict", "averageBankConflict", "float32Flops", "tensorFlops", "modelledSeconds",
        "modelledLimiter", "modelledFractionOfRoof", "roof",
    ];

    [Test]
    public void Every_shipped_kernel_has_a_case()
    {
        IEnumerable<string> families = KernelCatalog.All.Select(kernel => kernel.NameExpression.Split('<')[0]).Distinct();
        Assert.That(KernelCases.All.Select(one => one.Name.Split('<')[0]).Distinct(), Is.EquivalentTo(families));
        Assert.That(KernelCases.All.Select(one => one.Name), Is.Unique);
        foreach (KernelCase one in KernelCases.All) Assert.That(one.Outputs, Is.Not.Empty, one.Name);
    }

    [Test]
    public void A_streaming_kernel_moves_its_operands_once_and_is_limited_by_memory()
    {
        TestCompiler.Require();
        JsonElement json = Tool.Json("kernels", "--emulate", "rtx-4090", "--filter", "gate_residual<bf16>");
        Assert.That((json.GetProperty("target").GetString(), json.GetProperty("arch").GetString()), Is.EqualTo(("RTX 4090", "sm_89")));
        JsonElement kernel = json.GetProperty("kernels").EnumerateArray().Single();
        Assert.That(kernel.EnumerateObject().Select(field => field.Name), Is.EqualTo(KernelFields));
        long Number(string name) => kernel.GetProperty(name).GetInt64();
        const long rows = 512L * 1152 * 2, gate = 2L * 1152 * 2;
        Assert.That(Number("operandBytes"), Is.EqualTo((3 * rows) + gate));
        Assert.That((Number("dramReadBytes"), Number("dramWriteBytes")), Is.EqualTo(((2 * rows) + gate, rows)));
        Assert.That(Number("sectors"), Is.EqualTo(Number("idealSectors")));
        Assert.That((Number("tensorFlops"), Number("sharedRequests")), Is.EqualTo((0L, 0L)));
        Assert.That(kernel.GetProperty("modelledLimiter").GetString(), Is.EqualTo("DRAM"));
        Assert.That(kernel.GetProperty("modelledSeconds").GetDouble(), Is.EqualTo(((3 * rows) + gate) / 1008e9).Within(1e-9).Percent);
        Assert.That(kernel.GetProperty("modelledFractionOfRoof").GetDouble(), Is.EqualTo(1).Within(1e-9));
    }

    [Test]
    public void Attention_does_its_products_on_tensor_cores()
    {
        TestCompiler.Require();
        JsonElement kernel = Tool.Json("kernels", "--emulate", "sm_80", "--filter", "attention<bf16, 64>").GetProperty("kernels")[0];
        Assert.That(kernel.GetProperty("tensorFlops").GetInt64(), Is.EqualTo(4L * 2 * 16 * 256 * 256 * 64));
        Assert.That(kernel.GetProperty("worstBankConflict").GetInt32(), Is.LessThanOrEqualTo(2));
    }

    [Test]
    public void Streaming_kernels_fill_their_sectors_and_attention_its_banks([Values(DType.F32, DType.BF16)] DType type)
    {
        TestCompiler.Require();
        using KernelEmulation emulation = new(DataSheet.Find("h100-sxm")!);
        KernelCase[] cases = [.. KernelCases.All.Where(one => one.Kernel.DType == type)];
        using (Assert.EnterMultipleScope())
        {
            foreach (EmulatedKernel kernel in emulation.Run(cases, new Progress<StepUpdate>(), CancellationToken.None))
            {
                bool isAttention = kernel.Case.Name.StartsWith("attention", StringComparison.Ordinal);
                Assert.That(kernel.Counts.WorstConflict, Is.LessThanOrEqualTo(2), kernel.Case.Name);
                Assert.That(kernel.Counts.Global.Ratio, Is.LessThanOrEqualTo(isAttention ? 1.15 : 1.1), kernel.Case.Name);
            }
        }
    }

    [Test]
    public void The_table_says_that_its_times_are_modelled_and_by_which_data_sheet()
    {
        TestCompiler.Require();
        ToolResult result = Tool.Run("kernels", "--emulate", "sm_90", "--filter", "timestep_embedding<float>");
        Assert.That(result.Code, Is.EqualTo(ExitCode.Ok), result.Error);
        Assert.That(result.Output, Does.Contain("modelled us").And.Contain("never measured").And.Contain("H100 SXM").And.Contain("data sheet"));
        Assert.That(result.Output, Does.Contain("timestep_embedding<float>").And.Contain("2 x 256").And.Contain("limited by"));
    }

    [Test]
    public void Kernels_without_a_case_and_two_targets_are_refused()
    {
        ToolResult none = Tool.Run("kernels", "--emulate", "sm_90", "--filter", "attention<float, 96>");
        Assert.That(none.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(none.Error, Does.Contain("attention<float, 72>"));
        ToolResult both = Tool.Run("kernels", "--emulate", "sm_90", "--arch", "sm_80");
        Assert.That(both.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(both.Error, Does.Contain("--arch").And.Contain("--emulate"));
    }
}
