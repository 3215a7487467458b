using Ditto.Emulation.Counting;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Counting;

/// <summary>Occupancy, worked out by hand from the limits that NVIDIA publishes.</summary>
public sealed class OccupancyTests
{
    [TestCase("sm_90", 256, 32, 0, 8, 1.0, "warps")]
    [TestCase("sm_90", 256, 33, 0, 6, 0.75, "registers")]           // 40 registers a thread are given out: 12 of 16 warps a scheduler
    [TestCase("sm_90", 256, 40, 0, 6, 0.75, "registers")]
    [TestCase("sm_80", 128, 255, 0, 2, 0.125, "registers")]
    [TestCase("sm_86", 1024, 64, 0, 1, 2.0 / 3, "warps")]           // 1536 threads: half a block is left over
    [TestCase("sm_75", 32, 16, 0, 16, 0.5, "blocks")]
    [TestCase("sm_90", 128, 32, 100 * 1024, 2, 0.125, "shared memory")]
    [TestCase("sm_89", 128, 32, 48 * 1024, 2, 1.0 / 6, "shared memory")]
    [TestCase("sm_89", 128, 32, 49 * 1024, 2, 1.0 / 6, "shared memory")]
    [TestCase("sm_89", 128, 32, (49 * 1024) + 1, 1, 1.0 / 12, "shared memory")]
    [TestCase("sm_80", 1, 16, 0, 32, 0.5, "blocks")]                // a block of one thread takes a whole warp
    [TestCase("sm_100", 256, 0, 0, 8, 1.0, "warps")]
    public void Follows_the_published_limits(string architecture, int block, int registers, int shared, int blocks, double fraction, string limitedBy)
    {
        Occupancy occupancy = Occupancy.Compute(SmLimits.Find(architecture)!, block, registers, shared);
        Assert.Multiple(() =>
        {
            Assert.That(occupancy.BlocksPerSm, Is.EqualTo(blocks));
            Assert.That(occupancy.Fraction, Is.EqualTo(fraction).Within(1e-12));
            Assert.That(occupancy.LimitedBy, Is.EqualTo(limitedBy));
        });
    }

    [TestCase("sm_90", 1024, 255, 0)]
    [TestCase("sm_90", 128, 32, (227 * 1024) + 1)]
    [TestCase("sm_120", 128, 32, 100 * 1024)]
    public void A_kernel_that_cannot_be_launched_has_no_blocks(string architecture, int block, int registers, int shared) =>
        Assert.That(Occupancy.Compute(SmLimits.Find(architecture)!, block, registers, shared).BlocksPerSm, Is.Zero);

    [TestCase(0)]
    [TestCase(1025)]
    public void Blocks_have_1_to_1024_threads(int block) =>
        Assert.That(() => Occupancy.Compute(SmLimits.Find("sm_90")!, block, 32, 0), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Every_data_sheet_has_limits_and_a_name_of_its_own()
    {
        Assert.That(DataSheet.All.Select(sheet => sheet.Key), Is.Unique);
        foreach (DataSheet sheet in DataSheet.All) Assert.That(sheet.Limits.Architecture, Is.EqualTo(sheet.Architecture));
        Assert.That((DataSheet.Find("sm_89")!.Name, DataSheet.Find("rtx-4090")!.Architecture), Is.EqualTo(("L40S", "sm_89")));
        Assert.That((DataSheet.Find("sm_42"), SmLimits.Find("sm_42")), Is.EqualTo(((DataSheet?)null, (SmLimits?)null)));
    }

    [Test]
    public void A_data_sheet_agrees_with_its_own_clock()           // 128 f32 lanes a multiprocessor but for A100's 64, two operations each
    {
        foreach (DataSheet sheet in DataSheet.All)
        {
            double lanes = sheet.ComputeCapability == 80 ? 64 : 128, peak = 2e-12 * lanes * sheet.Multiprocessors * sheet.ClockHz;
            Assert.That(sheet.Float32Teraflops, Is.EqualTo(peak).Within(8).Percent, sheet.Name);
        }
    }
}
