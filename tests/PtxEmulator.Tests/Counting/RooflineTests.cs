using Ditto.Emulation.Counting;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Instructions;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Counting;

/// <summary>Modelled times worked out by hand from the data sheets.</summary>
public sealed class RooflineTests
{
    private static readonly DataSheet H100 = DataSheet.Find("h100-sxm")!, A100 = DataSheet.Find("sm_80")!;

    [Test]
    public void Bytes_take_as_long_as_the_memory_says()
    {
        ModelledTime time = Roofline.Model(Report(H100, 132, Counts() with { DramReadBytes = 2_000_000, DramWriteBytes = 1_350_000 }));
        Assert.That((time.Limiter, time.Seconds), Is.EqualTo((Roofline.Dram, 1e-6)));
    }

    [Test]
    public void Products_take_as_long_as_their_type_says()
    {
        double Seconds(DataSheet sheet, TensorKind kind) =>
            Roofline.Model(Report(sheet, sheet.Multiprocessors, Counts(tensor: kind, flops: 1_000_000))).Seconds;
        Assert.That(Seconds(H100, TensorKind.Half), Is.EqualTo(1e6 / 989.4e12).Within(1e-9).Percent);
        Assert.That(Seconds(H100, TensorKind.TensorFloat32), Is.EqualTo(1e6 / 494.7e12).Within(1e-9).Percent);
        Assert.That(Seconds(A100, TensorKind.Int8), Is.EqualTo(1e6 / 624e12).Within(1e-9).Percent);
        Assert.That(Seconds(A100, TensorKind.Float8), Is.EqualTo(double.PositiveInfinity), "A100 has no such cores");
    }

    [Test]
    public void The_multiprocessor_with_the_most_blocks_decides()
    {
        LaunchCounts counts = Counts() with { SharedPasses = 132 * 1980 };
        ModelledTime even = Roofline.Model(Report(H100, 132, counts)), single = Roofline.Model(Report(H100, 1, counts));
        ModelledTime uneven = Roofline.Model(Report(H100, 133, counts));
        Assert.That((even.Limiter, even.Seconds), Is.EqualTo((Roofline.Shared, 1e-6)).Within(1e-15));
        Assert.That(single.Seconds, Is.EqualTo(132e-6).Within(1e-9).Percent);
        Assert.That(uneven.Seconds, Is.EqualTo(264.0 / 133 * 1e-6).Within(1e-9).Percent);
    }

    [Test]
    public void Instructions_are_bound_by_issue_and_by_their_units()
    {
        long perSecond = 108 * 1410;                           // clocks of all multiprocessors in a microsecond
        ModelledTime integers = Roofline.Model(Report(A100, 108, Counts(InstructionClass.Integer, 4 * perSecond)));
        Assert.That((integers.Limiter, integers.Seconds), Is.EqualTo((Roofline.Issue, 1e-6)).Within(1e-15));
        ModelledTime special = Roofline.Model(Report(A100, 108, Counts(InstructionClass.Special, perSecond)));
        Assert.That((special.Limiter, special.Seconds), Is.EqualTo((Roofline.Special, 2e-6)).Within(1e-15));
        ModelledTime additions = Roofline.Model(Report(A100, 108, Counts(InstructionClass.Float32, 4 * perSecond)));
        Assert.That(additions.Limiter, Is.EqualTo(Roofline.Float32), "64 lanes a clock, where issue would have 128");
        Assert.That(additions.Seconds, Is.EqualTo(2 * 32 * 4 * perSecond / 19.5e12).Within(1e-9).Percent);
        Assert.That(additions.Of(Roofline.Issue), Is.EqualTo(1e-6).Within(1e-15));
    }

    [Test]
    public void The_roof_is_the_nearer_of_memory_and_what_the_launch_computed_on()
    {
        LaunchReport plain = Report(H100, 1, Counts()), tensor = Report(H100, 1, Counts(tensor: TensorKind.Half, flops: 1));
        Assert.That(Roofline.Roof(plain, 3_350, 0), Is.EqualTo((1e-9, Roofline.Dram)).Within(1e-18));
        Assert.That(Roofline.Roof(tensor, 3_350, 2 * 989_400), Is.EqualTo((2e-9, Roofline.Tensor)).Within(1e-18));
        Assert.That(Roofline.Roof(plain, 3_350, 2 * 66_900), Is.EqualTo((2e-9, Roofline.Float32)).Within(1e-18));
    }

    [Test]
    public void A_launch_that_does_nothing_is_limited_by_nothing() =>
        Assert.That(Roofline.Model(Report(H100, 1, Counts())).Limiter, Is.EqualTo("nothing"));

    private static LaunchReport Report(DataSheet sheet, int grid, LaunchCounts counts) =>
        new("k", new Dim3(grid, 1, 1), new Dim3(128, 1, 1), sheet, 32, 0, counts);

    private static LaunchCounts Counts(
        InstructionClass instructions = InstructionClass.Move, long warps = 0, TensorKind tensor = TensorKind.Half, long flops = 0)
    {
        long[] byClass = new long[Enum.GetValues<InstructionClass>().Length], byKind = new long[Enum.GetValues<TensorKind>().Length];
        byClass[(int)instructions] = warps;
        byKind[(int)tensor] = flops;
        return new LaunchCounts { WarpInstructions = byClass, LaneInstructions = [.. byClass.Select(count => 32 * count)], TensorFlops = byKind };
    }
}
