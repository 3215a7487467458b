using Ditto.Pipelines;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

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
        Occupancy occupancy = Occupancy.Compute(SmLimits.Of(architecture), block, registers, shared);
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
        Assert.That(Occupancy.Compute(SmLimits.Of(architecture), block, registers, shared).BlocksPerSm, Is.Zero);

    [TestCase(0)]
    [TestCase(1025)]
    public void Blocks_have_1_to_1024_threads(int block) =>
        Assert.That(() => Occupancy.Compute(SmLimits.Of("sm_90"), block, 32, 0), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void An_unknown_architecture_lists_the_known_ones() =>
        Assert.That(() => SmLimits.Of("sm_42"), Throws.TypeOf<RequestException>().With.Message.Contains("sm_42").And.Message.Contains("sm_120"));
}
