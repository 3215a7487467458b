using System.Text.Json;
using Ditto.Emulation.Counting;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>The table and the JSON of <c>ditto kernels --emulate</c>.</summary>
internal static class EmulationReport
{
    private static readonly string[] Headings =
    [
        "kernel", "dtype", "shape", ">sectors/request", ">of ideal", ">bank conflicts", ">average", ">occupancy", ">modelled us", ">% of roof",
        "roof", "limited by",
    ];

    /// <summary>Writes the table.</summary>
    public static void WriteText(Shell shell, DataSheet target, IReadOnlyList<EmulatedKernel> kernels)
    {
        TextTable.Write(shell, Headings, kernels.Select(kernel => new[]
        {
            kernel.Case.Name,
            kernel.Case.Kernel.DType.ShortName(),
            kernel.Case.Shape,
            Readable.Invariant($"{kernel.Counts.Global.SectorsPerRequest:0.0}"),
            Readable.Invariant($"{kernel.Counts.Global.Ratio:0.00}"),
            kernel.Counts.SharedRequests == 0 ? "-" : Readable.Invariant($"{kernel.Counts.WorstConflict}-way"),
            kernel.Counts.SharedRequests == 0 ? "-" : Readable.Invariant($"{kernel.Counts.AverageConflict:0.00}"),
            Readable.Invariant($"{100 * kernel.Report.AchievedOccupancy:0} %"),
            Readable.Invariant($"{1e6 * kernel.Time.Seconds:0.00}"),
            Readable.Invariant($"{100 * kernel.FractionOfRoof:0} %"),
            kernel.Roof.Resource,
            kernel.Time.Limiter,
        }));
        shell.Out.WriteLine(Readable.Invariant($"{kernels.Count} launches on {target.Name} ({target.Architecture}), emulated. Times are modelled, ")
            + "never measured: counts over the peaks of the data sheet, latencies left out.");
        shell.Out.WriteLine($"Data sheet: {target.Source}.");
    }

    /// <summary>Writes the fields of the JSON.</summary>
    public static void WriteJson(Utf8JsonWriter json, DataSheet target, IReadOnlyList<EmulatedKernel> kernels)
    {
        json.WriteString("target", target.Name);
        json.WriteString("arch", target.Architecture);
        json.WriteString("dataSheet", target.Source);
        json.WriteObjects("kernels", kernels, kernel =>
        {
            LaunchCounts counts = kernel.Counts;
            json.WriteString("kernel", kernel.Case.Name);
            json.WriteString("source", kernel.Case.Kernel.Source);
            json.WriteString("dtype", kernel.Case.Kernel.DType.ShortName());
            json.WriteString("shape", kernel.Case.Shape);
            json.WriteNumber("blocks", kernel.Report.Grid.Count);
            json.WriteNumber("blockThreads", kernel.Report.Block.Count);
            json.WriteNumber("registers", kernel.Report.Registers);
            json.WriteNumber("sharedBytes", kernel.Report.SharedBytes);
            json.WriteReal("occupancy", kernel.Report.Occupancy.Fraction);
            json.WriteReal("achievedOccupancy", kernel.Report.AchievedOccupancy);
            json.WriteNumber("warpInstructions", counts.AllWarpInstructions);
            json.WriteNumber("laneInstructions", counts.AllLaneInstructions);
            json.WriteNumber("globalRequests", counts.Global.Requests);
            json.WriteNumber("sectors", counts.Global.Sectors);
            json.WriteNumber("idealSectors", counts.Global.IdealSectors);
            json.WriteNumber("l2Sectors", counts.L2Sectors);
            json.WriteNumber("dramReadBytes", counts.DramReadBytes);
            json.WriteNumber("dramWriteBytes", counts.DramWriteBytes);
            json.WriteNumber("operandBytes", kernel.Bytes);
            json.WriteNumber("sharedRequests", counts.SharedRequests);
            json.WriteNumber("worstBankConflict", counts.WorstConflict);
            json.WriteReal("averageBankConflict", counts.AverageConflict);
            json.WriteNumber("float32Flops", counts.Float32Flops);
            json.WriteNumber("tensorFlops", counts.TensorFlops.Sum());
            json.WriteReal("modelledSeconds", kernel.Time.Seconds);
            json.WriteString("modelledLimiter", kernel.Time.Limiter);
            json.WriteReal("modelledFractionOfRoof", kernel.FractionOfRoof);
            json.WriteString("roof", kernel.Roof.Resource);
        });
    }
}
