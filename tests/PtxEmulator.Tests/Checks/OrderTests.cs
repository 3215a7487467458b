using Ditto.Emulation.Checks;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Checks;

/// <summary>What atomics and fences put in order, between blocks and between the warps of one: the right forms pass, those that lack a part do
/// not.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class OrderTests
{
    private const int Blocks = 12, Threads = 64;

    /// <summary>%rd0 is device memory: words 0 to 15 are zeros for counters and flags, %rd1 points at the thread's own word behind them, %rd2
    /// at the first thread's of all. In shared memory a word each at %r11, and a flag.</summary>
    private const string Start = """
        .reg .pred %p<8>; .reg .b32 %r<24>; .reg .b64 %rd<12>; .shared .align 4 .b8 room[256]; .shared .align 4 .b32 last;
        ld.param.u64 %rd0, [out]; mov.u32 %r0, %tid.x; mov.u32 %r1, %ctaid.x; mov.u32 %r2, %nctaid.x; mov.u32 %r3, %ntid.x;
        mad.lo.u32 %r4, %r1, %r3, %r0; mul.wide.u32 %rd1, %r4, 4; add.s64 %rd2, %rd0, 64; add.s64 %rd1, %rd2, %rd1;
        mov.u32 %r10, room; mad.lo.u32 %r11, %r0, 4, %r10; mov.u32 %r12, last; setp.eq.u32 %p0, %r0, 0; setp.eq.u32 %p7, %r1, 0;

        """;

    /// <summary>The last block adds up what the others have left, one word a thread of it.</summary>
    private const string Sum = """
        mul.wide.u32 %rd3, %r0, 4; add.s64 %rd3, %rd2, %rd3; mul.wide.u32 %rd4, %r3, 4; mov.u32 %r5, 0; mov.u32 %r6, 0;
        ADD: ld.global.u32 %r7, [%rd3]; add.u32 %r6, %r6, %r7; add.s64 %rd3, %rd3, %rd4; add.u32 %r5, %r5, 1;
        setp.lt.u32 %p2, %r5, %r2; @%p2 bra ADD;
        red.global.add.u32 [%rd0+4], %r6;
        END:

        """;

    private const string Ticket = """
        bar.sync 0;
        sub.u32 %r8, %r2, 1;
        @%p0 atom.global.inc.u32 %r9, [%rd0], %r8;
        @%p0 st.shared.u32 [%r12], %r9;
        bar.sync 0;
        ld.shared.u32 %r9, [%r12];

        """;

    private const string OwnTicket = """
        mul.wide.u32 %rd5, %r1, 4; add.s64 %rd5, %rd0, %rd5;
        bar.sync 0;
        @%p0 atom.global.add.u32 %r9, [%rd5], 1;

        """;

    private const string Highest = "mov.u32 %r9, %r1; sub.u32 %r8, %r2, 1;\n", Leave = "setp.ne.u32 %p1, %r9, %r8; @%p1 bra END;\n";

    [Test]
    public void The_last_block_may_read_what_the_others_left(
        [Values("membar.gl;", "membar.sys;", "fence.acq_rel.gpu;", "fence.sc.sys;")] string fence, [Values(1, 2, 8)] int workers)
    {
        uint[] words = Run($"{Start} st.global.u32 [%rd1], %r4; {fence} {Ticket} {Leave} {Sum}", workers);
        const uint all = Blocks * Threads;
        Assert.That(words[1], Is.EqualTo(all * (all - 1) / 2));
    }

    [TestCase("st.global.u32 [%rd1], %r4; membar.gl;" + Highest, TestName = "Without_a_ticket_it_may_not")]
    [TestCase("st.global.u32 [%rd1], %r4;" + Ticket, TestName = "Without_a_fence_it_may_not")]
    [TestCase("st.global.u32 [%rd1], %r4; membar.cta;" + Ticket, TestName = "With_a_fence_within_the_block_it_may_not")]
    [TestCase("st.global.u32 [%rd1], %r4; fence.acq_rel.cta;" + Ticket, TestName = "With_a_fence_of_the_block_it_may_not")]
    [TestCase("membar.gl; st.global.u32 [%rd1], %r4;" + Ticket, TestName = "With_the_fence_first_it_may_not")]
    [TestCase("membar.gl;" + Ticket + "st.global.u32 [%rd1], %r4;", TestName = "What_is_written_behind_the_ticket_it_may_not_read")]
    [TestCase("st.global.u32 [%rd1], %r4; membar.gl;" + OwnTicket + Highest, TestName = "With_tickets_of_their_own_it_may_not")]
    public void A_last_block_that_lacks_a_part_is_reported(string body) => Assert.That(() => Run($"{Start} {body} {Leave} {Sum}", 1),
        Throws.TypeOf<EmulationException>().With.Property(nameof(EmulationException.Kind)).EqualTo(FaultKind.GlobalRace));

    [TestCase("membar.gl; st.volatile.global.u32", "ld.volatile.global.u32", "membar.gl;", true)]
    [TestCase("st.release.gpu.global.u32", "ld.acquire.gpu.global.u32", "", true)]
    [TestCase("membar.gl; st.relaxed.gpu.global.u32", "ld.acquire.gpu.global.u32", "", true)]
    [TestCase("st.release.gpu.global.u32", "ld.relaxed.gpu.global.u32", "fence.acq_rel.gpu;", true)]
    [TestCase("st.volatile.global.u32", "ld.volatile.global.u32", "membar.gl;", false)]
    [TestCase("membar.gl; st.volatile.global.u32", "ld.volatile.global.u32", "", false)]
    [TestCase("st.relaxed.gpu.global.u32", "ld.acquire.gpu.global.u32", "", false)]
    public void A_flag_hands_over_what_lies_before_its_fence(string raise, string look, string then, bool isRight)
    {
        // Block 0 fills its words and raises the flag, block 1 hands on to block 2, which reads.
        string body = $"""
            setp.eq.u32 %p3, %r1, 1; setp.eq.u32 %p4, %r1, 2;
            mul.wide.u32 %rd3, %r0, 4; add.s64 %rd3, %rd2, %rd3;
            @!%p7 bra SECOND;
            st.global.u32 [%rd1], %r4; bar.sync 0; @!%p0 bra END; mov.u32 %r5, 1; {raise} [%rd0], %r5; bra END;
            SECOND: @!%p3 bra THIRD;
            W1: {look} %r6, [%rd0]; setp.eq.u32 %p5, %r6, 0; @%p5 bra W1; {then}
            bar.sync 0; @!%p0 bra END; mov.u32 %r5, 1; {raise} [%rd0+8], %r5; bra END;
            THIRD: @!%p4 bra END;
            W2: {look} %r6, [%rd0+8]; setp.eq.u32 %p5, %r6, 0; @%p5 bra W2; {then}
            ld.global.u32 %r7, [%rd3]; red.global.add.u32 [%rd0+4], %r7;
            END:
            """;
        if (isRight) Assert.That(Run(Start + body, 2)[1], Is.EqualTo(Threads * (Threads - 1) / 2));
        else Assert.That(() => Run(Start + body, 2), Throws.TypeOf<EmulationException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Between_two_meetings_of_all_blocks_a_word_may_change_hands(bool meets)
    {
        // Every block writes its words, reads the next one's, and then all read block 0's before block 1 overwrites them.
        string Meet(int turn) => !meets ? "" : $"""
            bar.sync 0; @!%p0 bra M{turn};
            membar.gl; atom.global.add.u32 %r5, [%rd0], 1;
            A{turn}: ld.volatile.global.u32 %r5, [%rd0]; mul.lo.u32 %r6, %r2, {turn}; setp.lt.u32 %p2, %r5, %r6; @%p2 bra A{turn};
            membar.gl;
            M{turn}: bar.sync 0;

            """;
        string body = $"""
            st.global.u32 [%rd1], %r4;
            {Meet(1)}
            add.u32 %r5, %r1, 1; rem.u32 %r5, %r5, %r2; mad.lo.u32 %r5, %r5, %r3, %r0; mul.wide.u32 %rd3, %r5, 4; add.s64 %rd3, %rd2, %rd3;
            ld.global.u32 %r7, [%rd3];
            mul.wide.u32 %rd3, %r0, 4; add.s64 %rd3, %rd2, %rd3;
            ld.global.u32 %r7, [%rd3];
            {Meet(2)}
            setp.eq.u32 %p3, %r1, 1; @%p3 st.global.u32 [%rd3], %r4;
            """;
        if (meets) Assert.That(() => Run(Start + body, 2), Throws.Nothing);
        else Assert.That(() => Run(Start + body, 2), Throws.TypeOf<EmulationException>());
    }

    [TestCase("@%p0 st.shared.u32 [%r10], 0; bar.sync 0; red.shared.add.u32 [%r10], 1; {0} ld.shared.u32 %r5, [%r10];", "bar.sync 0;",
        TestName = "A_read_beside_other_threads_atomics_is_a_race")]
    [TestCase("@%p0 st.shared.u32 [%r10], 0; {0} red.shared.add.u32 [%r10], 1;", "bar.sync 0;",
        TestName = "A_write_beside_other_threads_atomics_is_a_race")]
    [TestCase("st.shared.u32 [%r11], 0; bar.sync 0; xor.b32 %r5, %r11, 128; atom.shared.exch.b32 %r6, [%r5], 1; {0} st.shared.u32 [%r11], 2;",
        "bar.sync 0;", TestName = "A_write_behind_another_threads_atomic_is_a_race")]
    [TestCase("st.shared.u32 [%r11], 0; {0} xor.b32 %r5, %r11, 4; ld.volatile.shared.u32 %r6, [%r5];", "bar.warp.sync -1;",
        TestName = "A_volatile_read_of_a_plain_write_is_a_race")]
    [TestCase("@%p0 st.shared.v4.u32 [%r10], {%r0, %r0, %r0, %r0}; bar.sync 0; red.shared.add.u32 [%r10+8], 1; {0} "
        + "ld.shared.v4.u32 {%r5, %r6, %r7, %r8}, [%r10];", "bar.sync 0;", TestName = "A_wide_read_beside_other_threads_atomics_is_a_race")]
    public void Atomics_beside_plain_accesses_of_shared_memory(string body, string barrier)
    {
        Assert.That(() => Run(Start + body.Replace("{0}", barrier, StringComparison.Ordinal), 1), Throws.Nothing);
        Assert.That(() => Run(Start + body.Replace("{0}", "", StringComparison.Ordinal), 1), Throws.TypeOf<EmulationException>()
            .With.Property(nameof(EmulationException.Kind)).EqualTo(FaultKind.SharedRace));
    }

    [TestCase("red.shared.add.u32 [%r10], 1; atom.shared.add.u32 %r5, [%r10], 1; ld.volatile.shared.u32 %r6, [%r10];")]
    [TestCase("ld.shared.u32 %r5, [%r10]; ld.volatile.shared.u32 %r6, [%r10];")]
    [TestCase("atom.shared.add.u32 %r5, [%r10], 1; @%p0 bra ON; ON: st.volatile.shared.u32 [%r10], 1;")]
    public void Atomics_do_not_race_with_each_other_nor_reads_with_reads(string body) =>
        Assert.That(() => Run($"{Start}@%p0 st.shared.u32 [%r10], 0; bar.sync 0; {body}", 1), Throws.Nothing);

    [TestCase("membar.cta;", "membar.cta;", true)]
    [TestCase("", "membar.cta;", false)]
    [TestCase("membar.cta;", "", false)]
    public void A_flag_in_shared_memory_hands_over_between_warps(string before, string after, bool isRight)
    {
        string body = $"""
            setp.ge.u32 %p3, %r0, 32; xor.b32 %r5, %r11, 128;
            @%p0 st.shared.u32 [%r12], 0;
            bar.sync 0;
            @%p3 bra SECOND;
            st.shared.u32 [%r11], %r0; bar.warp.sync -1; {before} @%p0 st.volatile.shared.u32 [%r12], 1; bra END;
            SECOND: ld.volatile.shared.u32 %r6, [%r12]; setp.eq.u32 %p5, %r6, 0; @%p5 bra SECOND; {after}
            ld.shared.u32 %r7, [%r5];
            END:
            """;
        if (isRight) Assert.That(() => Run(Start + body, 1), Throws.Nothing);
        else Assert.That(() => Run(Start + body, 1), Throws.TypeOf<EmulationException>());
    }

    private static uint[] Run(string body, int workers)
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 out", body), workers: workers);
        ulong memory = run.Buffer(new uint[16 + (Blocks * Threads)]);
        run.Launch("k", Blocks, Threads, memory);
        return run.Read<uint>(memory, 16);
    }
}
