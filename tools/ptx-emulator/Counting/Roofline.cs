using Ditto.Emulation.Instructions;

namespace Ditto.Emulation.Counting;

/// <summary>
/// A launch's time on a GPU from what it counted and the GPU's data sheet: the longest of what its DRAM, its tensor cores and the units of its
/// multiprocessors need at their peak rates, all of them working at the same time. What lies in multiprocessors takes as long as in the one with
/// the most blocks, blocks being equal. Latencies are not modelled: a launch that is too small to hide them looks better than it is.
/// </summary>
/// <remarks>Source: Williams, Waterman and Patterson 2009, Roofline; rates per multiprocessor from the CUDA C++ Programming Guide.</remarks>
public static class Roofline
{
    /// <summary>Bytes from and to DRAM.</summary>
    public const string Dram = "DRAM";

    /// <summary>Products on tensor cores.</summary>
    public const string Tensor = "tensor";

    /// <summary>f32 outside of tensor cores; an addition takes as long as a fused multiply-add.</summary>
    public const string Float32 = "f32";

    /// <summary>Reciprocals, exponentials, sines: 16 lanes a clock and multiprocessor.</summary>
    public const string Special = "special functions";

    /// <summary>Instructions of any kind: four warps a clock and multiprocessor.</summary>
    public const string Issue = "issue";

    /// <summary>Passes over the banks of shared memory: one a clock and multiprocessor.</summary>
    public const string Shared = "shared memory";

    private const int SpecialLanes = 16;

    /// <summary>The modelled time of a launch.</summary>
    public static ModelledTime Model(LaunchReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        (LaunchCounts counts, DataSheet sheet) = (report.Counts, report.Target);
        double clocks = sheet.Multiprocessors * sheet.ClockHz / Imbalance(report);          // of all multiprocessors, a second
        long f32 = Math.Max(counts.Float32Flops, 2 * (counts.Lanes(InstructionClass.Float32) + counts.Lanes(InstructionClass.Fma32)));
        (string Resource, double Seconds)[] terms =
        [
            (Dram, counts.DramBytes / (sheet.DramGBs * 1e9)),
            (Tensor, TensorSeconds(counts, sheet) * Imbalance(report)),
            (Float32, f32 / (sheet.Float32Teraflops * 1e12) * Imbalance(report)),
            (Special, counts.Lanes(InstructionClass.Special) / (SpecialLanes * clocks)),
            (Issue, counts.AllWarpInstructions / (SmLimits.Schedulers * clocks)),
            (Shared, counts.SharedPasses / clocks),
        ];
        return new ModelledTime([.. terms.OrderByDescending(term => term.Seconds)]);
    }

    /// <summary>The least time in which the launch's GPU can move bytes and compute: the roof over an operation, however it is written.</summary>
    /// <param name="report">The launch; it says on what it computed: the tensor cores' main type, or f32.</param>
    /// <param name="bytes">Bytes that have to be read and written once.</param>
    /// <param name="flops">Operations that have to be done.</param>
    /// <returns>Seconds, and <see cref="Dram"/>, <see cref="Tensor"/> or <see cref="Float32"/>.</returns>
    public static (double Seconds, string Resource) Roof(LaunchReport report, long bytes, long flops)
    {
        ArgumentNullException.ThrowIfNull(report);
        TensorKind kind = Enum.GetValues<TensorKind>().MaxBy(report.Counts.Tensor);
        bool onTensorCores = report.Counts.Tensor(kind) > 0;
        double peak = onTensorCores ? Peak(report.Target, kind) : report.Target.Float32Teraflops * 1e12;
        double moving = bytes / (report.Target.DramGBs * 1e9), computing = flops / peak;
        return computing <= moving ? (moving, Dram) : (computing, onTensorCores ? Tensor : Float32);
    }

    /// <summary>Operations a second of tensor cores; without such cores 0.</summary>
    public static double Peak(DataSheet sheet, TensorKind kind)
    {
        ArgumentNullException.ThrowIfNull(sheet);
        return 1e12 * kind switch
        {
            TensorKind.Half => sheet.HalfTeraflops,
            TensorKind.TensorFloat32 => sheet.Tf32Teraflops,
            TensorKind.Int8 => sheet.Int8Teraops,
            TensorKind.Float8 => sheet.Float8Teraflops,
            _ => sheet.Float64Teraflops,
        };
    }

    private static double TensorSeconds(LaunchCounts counts, DataSheet sheet) =>
        Enum.GetValues<TensorKind>().Where(kind => counts.Tensor(kind) > 0).Sum(kind => counts.Tensor(kind) / Peak(sheet, kind));

    /// <summary>Blocks of the busiest multiprocessor over those of the average one.</summary>
    private static double Imbalance(LaunchReport report)
    {
        long blocks = report.Grid.Count, multiprocessors = report.Target.Multiprocessors;
        return (double)((blocks + multiprocessors - 1) / multiprocessors) * multiprocessors / blocks;
    }
}
