using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Checks;

/// <summary>Threads that wait for others: those that can go on do, and those that cannot are reported instead of running for ever.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class WaitTests
{
    private const long FewSteps = 1 << 14;

    /// <summary>%r0 is the thread, %r5 the block, %r1 an mbarrier and %r2 a flag in shared memory, both set up; %p1 holds for the second
    /// warp.</summary>
    private const string Start = """
        .reg .pred %p<8>; .reg .b32 %r<16>; .reg .b64 %rd<8>;
        .shared .align 8 .b64 phase; .shared .align 4 .b32 flag;
        ld.param.u64 %rd0, [out]; mov.u32 %r0, %tid.x; mov.u32 %r5, %ctaid.x; mov.u32 %r1, phase; mov.u32 %r2, flag;
        setp.eq.u32 %p0, %r0, 0; setp.ge.u32 %p1, %r0, 32; setp.eq.u32 %p2, %r0, 32;
        @%p0 mbarrier.init.shared.b64 [%r1], 1;
        @%p0 st.volatile.shared.u32 [%r2], 0;
        bar.sync 0;

        """;

    private const string Poll = "AGAIN: mbarrier.try_wait.parity.shared.b64 %p5, [%r1], 0;\n";

    [TestCase("@!%p5 bra AGAIN;", TestName = "A_phase_that_nobody_completes_is_reported")]
    [TestCase("@%p5 bra DONE; nanosleep.u32 20; bra AGAIN; DONE:", TestName = "A_phase_that_nobody_completes_is_reported_to_one_that_sleeps")]
    [TestCase("add.u32 %r7, %r7, 1; @!%p5 bra AGAIN;", TestName = "A_phase_that_nobody_completes_is_reported_to_one_that_counts")]
    public void A_phase_that_nobody_completes_is_reported(string again)
    {
        // The second warp arrives, or does not.
        const string arrival = "@%p2 mbarrier.arrive.shared.b64 _, [%r1];\n";
        Passes(Start + arrival + Poll + again, threads: 64);
        EmulationException fault = Fails(Start + Poll + again, FaultKind.Deadlock, threads: 64);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fault.Message, Does.Contain("mbarrier.try_wait").And.Contain("kernel k").And.Contain("warp 1"));
            Assert.That(fault.Message, Does.Contain("block (0, 0, 0), thread (0, 0, 0)"));
            Assert.That(fault.PtxLine, Is.GreaterThan(5));
        }
    }

    [Test]
    public void A_phase_whose_arrival_lies_behind_a_barrier_is_reported()
    {
        const string arrival = "@%p2 mbarrier.arrive.shared.b64 _, [%r1];\n", wait = Poll + "@!%p5 bra AGAIN;\n", join = "bar.sync 1;\n";
        Passes(Start + $"@%p1 bra JOIN;\n{wait}JOIN:\n{arrival}{join}", threads: 64);
        Fails(Start + $"@%p1 bra JOIN;\n{wait}JOIN:\n{join}{arrival}", FaultKind.Deadlock, threads: 64);
    }

    [Test]
    public void One_that_waits_for_a_phase_only_so_long_goes_on()
    {
        const string patience = """
            mov.u64 %rd3, %clock64;
            AGAIN: mbarrier.try_wait.parity.shared.b64 %p5, [%r1], 0;
            mov.u64 %rd4, %clock64; sub.u64 %rd4, %rd4, %rd3; setp.gt.u64 %p6, %rd4, 30000000;
            @%p6 bra DONE;
            @!%p5 bra AGAIN;
            DONE:
            """;
        Passes(Start + patience, threads: 64);
    }

    [Test]
    public void One_that_comes_late_to_a_phase_is_awaited()
    {
        const string late = """
            @!%p1 bra AGAIN;
            mov.u32 %r7, 0;
            WORK: add.u32 %r7, %r7, 1; setp.lt.u32 %p3, %r7, 1000000; @%p3 bra WORK;
            @%p2 mbarrier.arrive.shared.b64 _, [%r1];
            AGAIN: mbarrier.try_wait.parity.shared.b64 %p5, [%r1], 0;
            @!%p5 bra AGAIN;
            """;
        Passes(Start + late, threads: 64);
    }

    [Test]
    public void A_barrier_that_a_warp_has_left_for_good_is_reported_where_it_waits()
    {
        const string wrong = "@%p1 bra END; bar.sync 1, 64; END:\n";
        EmulationException fault = Fails(Start + wrong, FaultKind.Deadlock, threads: 64);
        Assert.That(fault.Message, Does.Contain("bar.sync").And.Contain("thread (0, 0, 0)").And.Contain("lanes ffffffff"));
        Passes(Start + "@%p1 bra END; bar.sync 1, 32; END:\n", threads: 64);
    }

    [TestCase("ld.volatile.shared.u32 %r7, [%r2];")]
    [TestCase("nanosleep.u32 20; ld.volatile.shared.u32 %r7, [%r2];")]
    [TestCase("atom.shared.or.b32 %r7, [%r2], 0;")]
    [TestCase("ld.volatile.global.u32 %r7, [%rd0];")]
    public void A_flag_between_warps_is_seen_and_one_that_nobody_sets_is_reported(string look)
    {
        string spin = $"@%p1 bra SET;\nAGAIN: {look} setp.eq.u32 %p3, %r7, 0; @%p3 bra AGAIN;\nSET:\n";
        Passes(Start + spin + "@%p2 st.volatile.shared.u32 [%r2], 1; @%p2 st.volatile.global.u32 [%rd0], 1;\n", threads: 64);
        EmulationException fault = Fails(Start + spin, FaultKind.NoProgress, threads: 64);
        Assert.That(fault.Message, Does.Contain("warp 0 lanes ffffffff").And.Contain("basic blocks"));
        Assert.That(fault.Result, Is.EqualTo(Ditto.Interop.CuResult.CUDA_ERROR_LAUNCH_TIMEOUT));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Blocks_that_meet_at_a_counter_all_come_to_it(int workers)
    {
        // A grid-wide barrier by hand, twice; more blocks than threads that run them.
        static string Meet(int turn, int blocks) => $"""
            @%p0 atom.global.add.u32 %r7, [%rd0], 1;
            A{turn}: ld.volatile.global.u32 %r7, [%rd0]; setp.lt.u32 %p3, %r7, {turn * blocks}; @%p3 bra A{turn};

            """;
        const int blocks = 20;
        Passes(Start + Meet(1, blocks) + Meet(2, blocks), blocks, workers: workers);
        Fails(Start + Meet(1, blocks) + Meet(3, blocks), FaultKind.NoProgress, blocks: blocks, workers: workers);
    }

    [Test]
    public void Many_blocks_that_wait_in_vain_are_reported_as_soon_as_few()
    {
        // Each alone would have its own limit; together they have four.
        const string body = "AGAIN: ld.volatile.global.u32 %r7, [%rd0]; setp.eq.u32 %p3, %r7, 0; @%p3 bra AGAIN;\n";
        EmulationException? fault = Assert.Throws<EmulationException>(
            () => Run(Start + body, 100, 32, 1, new CheckOptions(StepLimit: 1 << 18)));
        Assert.That(fault!.Message, Does.Contain("no block ends"));
        Assert.That(fault.Kind, Is.EqualTo(FaultKind.NoProgress));
    }

    [Test]
    public void The_limit_of_steps_can_be_moved_and_switched_off()
    {
        const string loop = "mov.u32 %r7, 0;\nWORK: add.u32 %r7, %r7, 1; setp.lt.u32 %p3, %r7, 5000; @%p3 bra WORK;\n";
        foreach (long limit in new long[] { 0, 6000, new CheckOptions().StepLimit })
            Assert.That(() => Run(Start + loop, 1, 32, 1, new CheckOptions(StepLimit: limit)), Throws.Nothing);
        Assert.That(() => Run(Start + loop, 1, 32, 1, new CheckOptions(StepLimit: 4000)), Throws.TypeOf<EmulationException>());
    }

    [Test]
    public void The_report_is_that_of_the_lowest_block_on_any_number_of_threads([Values(1, 2, 8)] int workers)
    {
        // Blocks from 7 on give up, the higher the sooner.
        const string body = """
            mov.u32 %r7, 0; sub.u32 %r8, 64, %r5; mul.lo.u32 %r8, %r8, 200;
            WORK: add.u32 %r7, %r7, 1; setp.lt.u32 %p3, %r7, %r8; @%p3 bra WORK;
            setp.ge.u32 %p4, %r5, 7; @%p4 trap;
            """;
        for (int attempt = 0; attempt < 20; attempt++)
        {
            EmulationException fault = Fails(Start + body, FaultKind.Trap, blocks: 64, workers: workers);
            Assert.That(fault.Block, Is.EqualTo(new Dim3(7, 0, 0)), $"attempt {attempt}");
        }
    }

    [Test]
    public void A_block_that_waits_for_one_with_a_fault_is_given_up()
    {
        const string body = """
            setp.eq.u32 %p3, %r5, 1; @%p3 trap;
            AGAIN: ld.volatile.global.u32 %r7, [%rd0]; setp.eq.u32 %p4, %r7, 0; @%p4 bra AGAIN;
            """;
        Assert.That(Fails(Start + body, FaultKind.Trap, blocks: 2).Block.X, Is.EqualTo(1));
    }

    private static void Passes(string body, int blocks = 1, int threads = 32, int workers = 2) =>
        Assert.That(() => Run(body, blocks, threads, workers, new CheckOptions()), Throws.Nothing);

    private static EmulationException Fails(
        string body, FaultKind kind, int blocks = 1, int threads = 32, int workers = 2)
    {
        long limit = kind == FaultKind.NoProgress ? FewSteps : 0;
        EmulationException? fault = Assert.Throws<EmulationException>(() => Run(body, blocks, threads, workers, new CheckOptions(StepLimit: limit)));
        Assert.That(fault!.Kind, Is.EqualTo(kind), fault.Message);
        return fault;
    }

    private static void Run(string body, int blocks, int threads, int workers, CheckOptions checks)
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 out", body), checks: checks, workers: workers);
        run.Launch("k", blocks, threads, run.Buffer(0u, 0u, 0u, 0u));
    }
}
