using Ditto.Pipelines;

namespace Ditto.Tests.Hostile;

/// <summary>Requests outside their range, for a <see cref="TinyModel"/>: lines 71 to 74 of the list of bad inputs, with their siblings.</summary>
internal static class RequestTable
{
    public static readonly GenerationOptions Good = new() { ClassLabels = [0, 1, 2], StepCount = 2, GuidanceScale = 2f };

    public static IEnumerable<HostileCase<GenerationOptions>> Refused { get; } =
    [
        new("71", "no steps", Good with { StepCount = 0 }, "«steps» is 0; allowed: 1 to 1000"),
        new("71b", "-1 steps", Good with { StepCount = -1 }, "«steps» is -1"),
        new("71c", "10^9 steps", Good with { StepCount = 1_000_000_000 }, "«steps» is 1000000000"),
        new("71d", "more steps than the scheduler knows", Good with { StepCount = 101 }, "«steps» is 101; allowed: 1 to 100"),
        new("71e", "width -512", Good with { Width = -512 }, "«width» is -512; allowed: 2 to 16384"),
        new("71f", "height 0", Good with { Height = 0 }, "«height» is 0; allowed: 2 to 16384"),
        new("71g", "width 7", Good with { Width = 7 }, "«width» is 7; allowed: a multiple of the patch size 2"),
        new("71h", "width 2^31-1", Good with { Width = int.MaxValue }, "«width» is 2147483647"),
        new("71i", "height -2^31", Good with { Height = int.MinValue }, "«height» is -2147483648"),
        new("71j", "no samples", Good with { ClassLabels = [] }, "«class labels» is 0; allowed: 1 to 65536"),
        new("71k", "10^6 samples", Good with { ClassLabels = new int[1_000_000] }, "«class labels» is 1000000; allowed: 1 to 65536"),
        new("71l", "class beyond the empty one", Good with { ClassLabels = [4] }, "«class label» is 4; allowed: 0 to 3"),
        new("71m", "class -1", Good with { ClassLabels = [0, -1] }, "«class label» is -1"),
        new("71n", "chunks of 0", Good with { MaxBatch = 0 }, "«max batch» is 0; allowed: 1 to 65536"),
        new("71o", "chunks of 10^6", Good with { MaxBatch = 1_000_000 }, "«max batch» is 1000000"),
        new("71p", "more values than an array", Many(4096, 16384), "«size» is 4096 x 1 x 16384 x 16384 latents; allowed: 2147483591 values"),
        new("71q", "more tokens than 32 bits", Many(65536, 362) with { MaxBatch = 65536 }, "«size» is 65536 x 1 x 362 x 362"),
        new("72", "guidance NaN", Good with { GuidanceScale = float.NaN }, "«guidance scale» is NaN; allowed: 0 to 1000"),
        new("72b", "guidance Infinity", Good with { GuidanceScale = float.PositiveInfinity }, "«guidance scale» is Infinity"),
        new("72c", "guidance 1e30", Good with { GuidanceScale = 1e30f }, "«guidance scale» is 1E+30"),
        new("72d", "guidance below 0", Good with { GuidanceScale = -1e-9f }, "allowed: 0 to 1000"),
        new("74", "sampler of another model", Good with { Sampler = "euler" }, "«sampler» is euler, which does not fit", "allowed: ddpm"),
        new("74b", "unknown sampler", Good with { Sampler = "uni\u001bpc" }, "«sampler» is uni\\u001bpc; allowed: ddpm"),
        new("74c", "sampler of 10 MB", Good with { Sampler = new string('s', 10_000_000) }, "«sampler» is sss", "(10000000 characters)"),
        new("74d", "empty sampler", Good with { Sampler = "" }, "«sampler» is ; allowed: ddpm"),
        new("74e", "noise of another size", Good with { Latents = new float[5] }, "«latents» is 5 values; allowed: 3 x 1 x 4 x 4"),
        new("74f", "noise with NaN", Good with { Latents = Enumerable.Repeat(float.NaN, 48).ToArray() }, "«latents» is not finite"),
    ];

    private static GenerationOptions Many(int count, int edge) => Good with { ClassLabels = new int[count], Width = edge, Height = edge };
}
