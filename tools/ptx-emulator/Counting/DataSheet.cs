using static System.FormattableString;

namespace Ditto.Emulation.Counting;

/// <summary>
/// What NVIDIA publishes of a GPU. Peaks are of dense operands and at the boost clock; those of tensor cores sum in f32 (s32 for int8).
/// </summary>
/// <param name="Name">The product's name.</param>
/// <param name="ComputeCapability">Ten times the major plus the minor one, for example 90.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="ClockMHz">Boost clock.</param>
/// <param name="L2MiB">Size of the second-level cache.</param>
/// <param name="DramGBs">Bandwidth of the memory in 1e9 bytes a second.</param>
/// <param name="Source">Where the figures stand.</param>
public sealed record DataSheet(
    string Name, int ComputeCapability, int Multiprocessors, int ClockMHz, int L2MiB, double DramGBs, string Source)
{
    /// <summary>Operations of f32 outside of tensor cores, in 1e12 a second; a fused multiply-add is two.</summary>
    public required double Float32Teraflops { get; init; }

    /// <summary>Tensor cores on f16 and bf16, in 1e12 operations a second.</summary>
    public required double HalfTeraflops { get; init; }

    /// <summary>Tensor cores on tf32, in 1e12 operations a second.</summary>
    public required double Tf32Teraflops { get; init; }

    /// <summary>Tensor cores on int8, in 1e12 operations a second.</summary>
    public required double Int8Teraops { get; init; }

    /// <summary>Tensor cores on e4m3 and e5m2, in 1e12 operations a second; 0 where they have none.</summary>
    public required double Float8Teraflops { get; init; }

    /// <summary>f64 by the faster of tensor cores and the others, in 1e12 operations a second.</summary>
    public required double Float64Teraflops { get; init; }

    /// <summary>The GPUs that are known here, by compute capability; the first of each is what its architecture stands for.</summary>
    public static IReadOnlyList<DataSheet> All { get; } =
    [
        new("A100 SXM 80 GB", 80, 108, 1410, 40, 2039, "NVIDIA A100 Tensor Core GPU data sheet and architecture whitepaper")
        {
            Float32Teraflops = 19.5, HalfTeraflops = 312, Tf32Teraflops = 156, Int8Teraops = 624, Float8Teraflops = 0, Float64Teraflops = 19.5,
        },
        new("RTX 3090", 86, 82, 1695, 6, 936, "NVIDIA Ampere GA102 GPU architecture whitepaper")
        {
            Float32Teraflops = 35.6, HalfTeraflops = 71, Tf32Teraflops = 35.6, Int8Teraops = 284, Float8Teraflops = 0, Float64Teraflops = 0.556,
        },
        new("L40S", 89, 142, 2520, 96, 864, "NVIDIA L40S data sheet; L2 from the Ada GPU architecture whitepaper")
        {
            Float32Teraflops = 91.6, HalfTeraflops = 362, Tf32Teraflops = 183, Int8Teraops = 733, Float8Teraflops = 733, Float64Teraflops = 1.43,
        },
        new("RTX 4090", 89, 128, 2520, 72, 1008, "NVIDIA Ada GPU architecture whitepaper")
        {
            Float32Teraflops = 82.6, HalfTeraflops = 165.2, Tf32Teraflops = 82.6, Int8Teraops = 660.6, Float8Teraflops = 330.3,
            Float64Teraflops = 1.29,
        },
        new("H100 SXM", 90, 132, 1980, 50, 3350, "NVIDIA H100 Tensor Core GPU data sheet and architecture whitepaper")
        {
            Float32Teraflops = 66.9, HalfTeraflops = 989.4, Tf32Teraflops = 494.7, Int8Teraops = 1978.9, Float8Teraflops = 1978.9,
            Float64Teraflops = 66.9,
        },
        new("B200", 100, 148, 1965, 126, 8000, "NVIDIA Blackwell architecture technical brief, HGX B200; L2, clock, multiprocessors by its driver")
        {
            Float32Teraflops = 80, HalfTeraflops = 2250, Tf32Teraflops = 1100, Int8Teraops = 4500, Float8Teraflops = 4500, Float64Teraflops = 40,
        },
        new("RTX 5090", 120, 170, 2407, 96, 1792, "NVIDIA RTX Blackwell GPU architecture whitepaper")
        {
            Float32Teraflops = 104.8, HalfTeraflops = 209.5, Tf32Teraflops = 104.8, Int8Teraops = 838, Float8Teraflops = 419,
            Float64Teraflops = 1.64,
        },
    ];

    /// <summary>For example <c>sm_90</c>.</summary>
    public string Architecture => Invariant($"sm_{ComputeCapability}");

    /// <summary>The name as one word, for example <c>h100-sxm</c>.</summary>
    public string Key => Name.Replace(' ', '-').ToLowerInvariant();

    /// <summary>What one of its multiprocessors holds.</summary>
    public SmLimits Limits => SmLimits.Find(Architecture)!;

    /// <summary>Clock in 1 / s.</summary>
    public double ClockHz => ClockMHz * 1e6;

    /// <summary>The sheet of an architecture (<c>sm_90</c>) or product (<c>rtx-4090</c>); null where there is none.</summary>
    public static DataSheet? Find(string name) => All.FirstOrDefault(sheet => sheet.Architecture == name || sheet.Key == name);
}
