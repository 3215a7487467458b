using Ditto.Emulation.Checks;
using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary><c>mbarrier</c>: phases, tokens and order; and the bulk copies that it counts.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class PhaseBarrierTests
{
    /// <summary>%r1 is the mbarrier, %r2 a tile of shared memory, %rd2 the thread's word of the output.</summary>
    private const string Start = """
        .reg .b32 %r<16>; .reg .b64 %rd<16>; .reg .pred %p<8>; .reg .b32 %x<8>;
        .shared .align 8 .b64 bar; .shared .align 16 .b8 tile[256];
        ld.param.u64 %rd0, [out]; mov.u32 %r0, %tid.x; mov.u32 %r1, bar; mov.u32 %r2, tile;
        mul.wide.u32 %rd1, %r0, 4; add.s64 %rd2, %rd0, %rd1; setp.eq.u32 %p0, %r0, 0; setp.ge.u32 %p1, %r0, 32;

        """;

    private const string ParityWait = """
        $WAIT: mbarrier.try_wait.parity.shared::cta.b64 %p5, [%r1], 0;
        @!%p5 bra $WAIT;

        """;

    [Test]
    public void A_phase_ends_with_the_last_arrival()
    {
        // Bits: done by token and by parity before, after the first and after the second of two arrivals; then parity 1.
        const string kernel = Start + """
            mbarrier.init.shared.b64 [%r1], 2;
            mbarrier.test_wait.parity.shared.b64 %p2, [%r1], 0;
            mbarrier.arrive.shared.b64 %rd3, [%r1];
            mbarrier.test_wait.shared.b64 %p3, [%r1], %rd3;
            mbarrier.pending_count.b64 %r5, %rd3;
            mbarrier.arrive.release.cta.shared::cta.b64 %rd4, [%r1], 1;
            mbarrier.pending_count.b64 %r6, %rd4;
            mbarrier.test_wait.acquire.cta.shared::cta.b64 %p4, [%r1], %rd3;
            mbarrier.test_wait.parity.shared.b64 %p5, [%r1], 0;
            mbarrier.test_wait.parity.shared.b64 %p6, [%r1], 1;
            selp.u32 %r7, 1, 0, %p2; selp.u32 %r8, 2, 0, %p3; selp.u32 %r9, 4, 0, %p4; selp.u32 %r10, 8, 0, %p5; selp.u32 %r11, 16, 0, %p6;
            or.b32 %r7, %r7, %r8; or.b32 %r7, %r7, %r9; or.b32 %r7, %r7, %r10; or.b32 %r7, %r7, %r11;
            st.global.u32 [%rd0], %r7; st.global.u32 [%rd0+4], %r5; st.global.u32 [%rd0+8], %r6;
            """;
        Assert.That(Run(kernel, 3, 1), Is.EqualTo(new uint[] { 4 + 8, 2, 1 }));
    }

    [Test]
    public void A_fresh_barrier_has_passed_parity_one()
    {
        const string kernel = Start + """
            mbarrier.init.shared.b64 [%r1], 1;
            mbarrier.test_wait.parity.shared.b64 %p2, [%r1], 1;
            selp.u32 %r7, 1, 0, %p2; st.global.u32 [%rd0], %r7;
            """;
        Assert.That(Run(kernel, 1, 1), Is.EqualTo(new uint[] { 1 }));
    }

    [Test]
    public void Announced_bytes_hold_a_phase_up()
    {
        const string kernel = Start + """
            mbarrier.init.shared.b64 [%r1], 1;
            mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r1], 48;
            mbarrier.test_wait.parity.shared.b64 %p2, [%r1], 0;
            mbarrier.complete_tx.shared.b64 [%r1], 32;
            mbarrier.test_wait.parity.shared.b64 %p3, [%r1], 0;
            mbarrier.complete_tx.shared.b64 [%r1], 16;
            mbarrier.test_wait.parity.shared.b64 %p4, [%r1], 0;
            selp.u32 %r7, 1, 0, %p2; selp.u32 %r8, 2, 0, %p3; selp.u32 %r9, 4, 0, %p4;
            or.b32 %r7, %r7, %r8; or.b32 %r7, %r7, %r9; st.global.u32 [%rd0], %r7;
            """;
        Assert.That(Run(kernel, 1, 1), Is.EqualTo(new uint[] { 4 }));
    }

    [Test]
    public void One_that_drops_out_is_not_awaited_again()
    {
        const string kernel = Start + """
            mbarrier.init.shared.b64 [%r1], 2;
            mbarrier.arrive_drop.shared.b64 %rd3, [%r1]; mbarrier.arrive.shared.b64 %rd3, [%r1];
            mbarrier.arrive.shared.b64 %rd4, [%r1];
            mbarrier.test_wait.shared.b64 %p2, [%r1], %rd4;
            selp.u32 %r7, 1, 0, %p2; st.global.u32 [%rd0], %r7;
            """;
        Assert.That(Run(kernel, 1, 1), Is.EqualTo(new uint[] { 1 }));
    }

    [Test]
    public void What_is_written_before_an_arrival_may_be_read_after_the_wait([Values] bool waits)
    {
        // The second warp writes and arrives, the first waits and reads.
        string kernel = Start + $"""
            @%p0 mbarrier.init.shared.b64 [%r1], 32;
            bar.sync 0;
            and.b32 %r3, %r0, 31; mul.lo.u32 %r3, %r3, 4; add.u32 %r3, %r2, %r3; xor.b32 %r4, %r3, 4;
            @%p1 st.shared.u32 [%r3], %r0;
            @%p1 mbarrier.arrive.shared.b64 %rd3, [%r1];
            @%p1 bra $END;
            {(waits ? ParityWait : "nanosleep.u32 1;")}
            ld.shared.u32 %r5, [%r4]; st.global.u32 [%rd2], %r5;
            $END:
            """;
        if (waits) Assert.That(Run(kernel, 32, 64), Is.EqualTo(Enumerable.Range(0, 32).Select(lane => 32 + (lane ^ 1))));
        else Assert.That(() => Run(kernel, 32, 64), Throws.TypeOf<EmulationException>());
    }

    [TestCase("")]
    [TestCase(".noinc")]
    public void Copies_of_threads_are_there_after_their_arrivals(string form)
    {
        string kernel = Start + $"""
            ld.param.u64 %rd5, [from]; mul.wide.u32 %rd6, %r0, 16; add.s64 %rd5, %rd5, %rd6;
            and.b32 %r3, %r0, 15; mul.lo.u32 %r3, %r3, 16; add.u32 %r3, %r2, %r3;
            @%p0 mbarrier.init.shared.b64 [%r1], {(form.Length == 0 ? 32 : 16)};
            bar.sync 0;
            cp.async.cg.shared.global [%r3], [%rd5], 16;
            cp.async.mbarrier.arrive{form}.shared.b64 [%r1];
            {(form.Length == 0 ? "mbarrier.arrive.shared.b64 _, [%r1]; mbarrier.arrive.shared.b64 _, [%r1];" : "")}
            {ParityWait}
            xor.b32 %r4, %r0, 1; mul.lo.u32 %r4, %r4, 16; add.u32 %r4, %r2, %r4;
            ld.shared.u32 %x0, [%r4]; st.global.u32 [%rd2], %x0;
            """;
        Assert.That(Run(kernel, 16, 16), Is.EqualTo(Enumerable.Range(0, 16).Select(thread => 4 * (thread ^ 1))));
    }

    private const string Bulk = """
        ld.param.u64 %rd5, [from];
        @%p0 mbarrier.init.shared::cta.b64 [%r1], 1;
        fence.mbarrier_init.release.cluster;
        bar.sync 0;
        @%p0 mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r1], 256;
        @%p0 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd5], 256, [%r1];
        mul.lo.u32 %r3, %r0, 4; add.u32 %r3, %r2, %r3;

        """;

    [Test]
    public void A_bulk_copy_is_read_after_the_wait_for_its_phase()
    {
        const string kernel = Start + Bulk + ParityWait + "ld.shared.u32 %x0, [%r3]; st.global.u32 [%rd2], %x0;";
        Assert.That(Run(kernel, 64, 64), Is.EqualTo(Enumerable.Range(0, 64)));
    }

    [Test]
    public void A_bulk_copy_that_nobody_waited_for_is_reported() =>
        Expect(FaultKind.PendingCopy, Start + Bulk + "bar.sync 0; ld.shared.u32 %x0, [%r3]; st.global.u32 [%rd2], %x0;");

    [Test]
    public void A_bulk_copy_brings_shared_memory_back()
    {
        const string kernel = Start + """
            mul.lo.u32 %r3, %r0, 4; add.u32 %r3, %r2, %r3; st.shared.u32 [%r3], %r0;
            fence.proxy.async.shared::cta; bar.sync 0;
            @%p0 cp.async.bulk.global.shared::cta.bulk_group [%rd0], [%r2], 128;
            cp.async.bulk.commit_group; cp.async.bulk.wait_group.read 0;
            """;
        Assert.That(Run(kernel, 32, 32), Is.EqualTo(Enumerable.Range(0, 32)));
    }

    [TestCase("mbarrier.arrive.shared.b64 _, [%r1];", FaultKind.Unwritten)]
    [TestCase("st.shared.b64 [%r1], %rd0; mbarrier.arrive.shared.b64 _, [%r1];", FaultKind.PhaseBarrier)]
    [TestCase("mbarrier.init.shared.b64 [%r1], 0;", FaultKind.PhaseBarrier)]
    [TestCase("mbarrier.init.shared.b64 [%r1], 1048576;", FaultKind.PhaseBarrier)]
    [TestCase("mbarrier.init.shared.b64 [%r1], 2; mbarrier.arrive.shared.b64 _, [%r1], 3;", FaultKind.PhaseBarrier)]
    [TestCase("mbarrier.init.shared.b64 [%r1], 2; mbarrier.inval.shared.b64 [%r1]; mbarrier.arrive.shared.b64 _, [%r1];", FaultKind.PhaseBarrier)]
    [TestCase("mbarrier.init.shared.b64 [%r2+4], 2;", FaultKind.Misaligned)]
    [TestCase("mbarrier.init.b64 [%rd0], 2;", FaultKind.PhaseBarrier)]
    [TestCase("cp.async.bulk.global.shared::cta.bulk_group [%rd0], [%r2], 24;", FaultKind.Misaligned)]
    [TestCase("cp.async.bulk.global.shared::cta.bulk_group [%rd0+8], [%r2], 16;", FaultKind.Unwritten)]
    public void Misuse_is_reported(string instructions, object kind) => Expect((FaultKind)kind, Start + instructions, 1);

    [TestCase("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r2], [%rd0, {%r3, %r3}], [%r1];")]
    [TestCase("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%rd0], [%r2], 16;")]
    [TestCase("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%r2], [%rd0], 16, [%r1], 1;")]
    [TestCase("mbarrier.arrive.shared.gpu.b64 _, [%r1];")]
    public void Other_forms_are_refused_with_their_name(string instruction) => Assert.That(() => Run(Start + instruction, 1, 1),
        Throws.TypeOf<PtxException>().With.Message.Contains(instruction.Split(' ')[0]));

    private static void Expect(FaultKind kind, string body, int threads = 64) => Assert.That(() => Run(body, 64, threads),
        Throws.TypeOf<EmulationException>().With.Property(nameof(EmulationException.Kind)).EqualTo(kind));

    private static uint[] Run(string body, int words, int threads)
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 out, .param .u64 from", body));
        ulong output = run.Empty(256), source = run.Buffer(Enumerable.Range(0, 64).Select(value => (uint)value).ToArray());
        run.Launch("k", 1, threads, output, source);
        return run.Read<uint>(output, words);
    }
}
