using Ditto.Emulation.Counting;
using Ditto.Emulation.Instructions;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Counting;

/// <summary>Sectors, operations and bytes of small kernels, counted by hand.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SectorTests
{
    private const string Registers = ".reg .b64 %a<4>; .reg .b32 %r<8>; .reg .b32 %x<4>; .reg .f32 %f<8>;";

    // Bytes between the lanes' places; bytes of an access; sectors, and those that the distinct bytes would fill.
    [TestCase(0, 4, 1, 1)]                                     // all lanes the same word
    [TestCase(4, 4, 4, 4)]
    [TestCase(8, 4, 8, 4)]
    [TestCase(32, 4, 32, 4)]
    [TestCase(4096, 4, 32, 4)]
    [TestCase(8, 8, 8, 8)]
    [TestCase(16, 16, 16, 16)]
    [TestCase(32, 16, 32, 16)]
    [TestCase(48, 16, 32, 16)]
    public void A_request_touches_sectors_of_32_bytes(int stride, int bytes, int sectors, int ideal)
    {
        string width = bytes == 4 ? "u32 %x0" : bytes == 8 ? "v2.u32 {%x0, %x1}" : "v4.u32 {%x0, %x1, %x2, %x3}";
        using PtxRun run = new(PtxRun.Kernel(".param .u64 p", $"""
            {Registers}
            ld.param.u64 %a0, [p]; mov.u32 %r0, %tid.x; mul.wide.u32 %a1, %r0, {stride}; add.u64 %a0, %a0, %a1;
            ld.global.{width}, [%a0];
            """), counts: true);
        run.Launch("k", 1, 32, run.Buffer(new uint[1 << 16]));
        Assert.That(run.Counts.Reads, Is.EqualTo(new GlobalTraffic(1, sectors, ideal)));
        Assert.That(run.Counts.Writes, Is.EqualTo(default(GlobalTraffic)));
        Assert.That((run.Counts.DramReadBytes, run.Counts.DramWriteBytes), Is.EqualTo((32L * sectors, 0L)));
    }

    [Test]
    public void Lanes_in_any_order_touch_the_same_sectors()
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 p", $"""
            {Registers}
            ld.param.u64 %a0, [p]; mov.u32 %r0, %tid.x; mul.lo.u32 %r0, %r0, 5; and.b32 %r0, %r0, 31; mul.wide.u32 %a1, %r0, 4;
            add.u64 %a0, %a0, %a1; st.global.u32 [%a0], %r0;
            """), counts: true);
        run.Launch("k", 1, 32, run.Buffer(new uint[64]));
        Assert.That(run.Counts.Writes, Is.EqualTo(new GlobalTraffic(1, 4, 4)));
        Assert.That((run.Counts.DramReadBytes, run.Counts.DramWriteBytes), Is.EqualTo((0L, 128L)));
    }

    [Test]
    public void Operations_and_instructions_are_counted_by_lane_and_by_warp()
    {
        using PtxRun run = new(PtxRun.Kernel("", $"""
            {Registers} .reg .pred %p;
            mov.f32 %f0, 0f3f800000; mov.u32 %r0, %tid.x; setp.lt.u32 %p, %r0, 8;
            fma.rn.f32 %f1, %f0, %f0, %f0; fma.rn.f32 %f2, %f1, %f0, %f0;
            @%p add.f32 %f3, %f2, %f1;
            ex2.approx.f32 %f4, %f3;
            """), counts: true);
        run.Launch("k", 3, 64);
        LaunchCounts counts = run.Counts;
        Assert.That(counts.Float32Flops, Is.EqualTo((3 * 64 * 2 * 2) + (3 * 8)));
        Assert.That((counts.Warps(InstructionClass.Fma32), counts.Lanes(InstructionClass.Fma32)), Is.EqualTo((12L, 12L * 32)));
        Assert.That((counts.Warps(InstructionClass.Float32), counts.Lanes(InstructionClass.Float32)), Is.EqualTo((6L, 24L)));
        Assert.That(counts.Lanes(InstructionClass.Special), Is.EqualTo(192));
        Assert.That((counts.AllWarpInstructions, counts.AllLaneInstructions), Is.EqualTo((6L * 8, (6L * 7 * 32) + 24)));
        Assert.That((counts.Reads, counts.DramBytes, counts.WorstConflict), Is.EqualTo((default(GlobalTraffic), 0L, 0)));
    }

    [Test]
    public void A_pair_of_f32_in_one_instruction_is_twice_the_operations()
    {
        using PtxRun run = new(PtxRun.Kernel("", $"{Registers} mov.b64 %a0, 0; fma.rn.f32x2 %a1, %a0, %a0, %a0;").Replace("sm_90", "sm_100",
            StringComparison.Ordinal), "sm_100", counts: true);
        run.Launch("k", 1, 32);
        Assert.That(run.Counts.Float32Flops, Is.EqualTo(32 * 4));
    }

    [Test]
    public void Half_the_words_of_a_kernel_are_read_twice_and_its_own_stores_once()
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 p", $"""
            {Registers}
            ld.param.u64 %a0, [p]; mov.u32 %r0, %ctaid.x; mov.u32 %r1, %tid.x; shr.u32 %r2, %r0, 1;
            mad.lo.u32 %r3, %r2, 32, %r1; mul.wide.u32 %a1, %r3, 4; add.u64 %a2, %a0, %a1; ld.global.u32 %x0, [%a2];
            mad.lo.u32 %r3, %r0, 32, %r1; mul.wide.u32 %a1, %r3, 4; add.u64 %a2, %a0, %a1; st.global.u32 [%a2+65536], %x0;
            st.global.u32 [%a2+65536], %x0;
            """), counts: true);
        ulong buffer = run.Buffer(new uint[1 << 16]);
        List<LaunchCounts> all = [];
        foreach (int workers in new[] { 1, 2, 5 })
        {
            run.Workers = workers;
            run.Launch("k", 64, 32, buffer);
            all.Add(run.Counts);
        }
        Assert.That((all[0].DramReadBytes, all[0].DramWriteBytes), Is.EqualTo((32L * 128, 64L * 128)));
        Assert.That(all[0].L2Sectors, Is.EqualTo((64 * 4) + (64 * 4)), "a pair of blocks reads the same sectors, and a second store meets its own");
        foreach (LaunchCounts counts in all[1..])
        {
            Assert.That((counts.DramReadBytes, counts.DramWriteBytes, counts.L2Sectors),
                Is.EqualTo((all[0].DramReadBytes, all[0].DramWriteBytes, all[0].L2Sectors)));
            Assert.That((counts.Reads, counts.Writes, counts.AllLaneInstructions),
                Is.EqualTo((all[0].Reads, all[0].Writes, all[0].AllLaneInstructions)));
        }
    }

    [TestCase(1, 64, 0.5 / 132 * 2 / 32)]                      // one block of two warps on one of 132 multiprocessors
    [TestCase(132, 1024, 0.5)]
    [TestCase(264, 1024, 1.0)]
    [TestCase(265, 1024, 265.0 / 528)]                         // a second wave with one block
    public void A_grid_that_does_not_fill_its_waves_achieves_less(int grid, int block, double achieved)
    {
        using PtxRun run = new(PtxRun.Kernel("", ""), counts: true);
        run.Launch("k", grid, block);
        Assert.That(run.Report!.AchievedOccupancy, Is.EqualTo(achieved).Within(1e-12));
        Assert.That(run.Report.Waves, Is.EqualTo(grid > 264 ? 2 : 1));
    }
}
