using Ditto.Emulation.Checks;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Checks;

/// <summary>For each rule a kernel that breaks it, which must be caught at its line, and a right sibling, which must pass.</summary>
public sealed class RuleTests
{
    private const string Registers = ".reg .pred %p<4>; .reg .b32 %r<8>; .reg .b64 %rd<8>; .shared .align 4 .b8 room[512];";

    private const string Address = """
        ld.param.u64 %rd1, [out];
        mov.u32 %r1, %tid.x;
        mov.u32 %r5, %ctaid.x;
        mul.wide.u32 %rd2, %r1, 4;
        add.s64 %rd3, %rd1, %rd2;
        mov.u64 %rd4, room;
        add.s64 %rd5, %rd4, %rd2;
        """;

    private const string Swap = """
        st.shared.u32 [%rd5], 0;
        bar.sync 0;
        st.shared.u32 [%rd5], %r1;
        {0}
        xor.b32 %r2, %r1, 32;
        mul.wide.u32 %rd6, %r2, 4;
        add.s64 %rd6, %rd4, %rd6;
        ld.shared.u32 %r3, [%rd6];
        st.global.u32 [%rd3], %r3;
        """;

    [TestCase("st.global.u32 [%rd3+256], %r1;", "st.global.u32 [%rd3], %r1;", nameof(FaultKind.OutOfBounds))]
    [TestCase("st.shared.u32 [%rd5+512], %r1;", "st.shared.u32 [%rd5+256], %r1;", nameof(FaultKind.OutOfBounds))]
    [TestCase("st.global.u32 [%rd3+2], %r1;", "st.global.u16 [%rd3+2], %r1;", nameof(FaultKind.Misaligned))]
    [TestCase("ld.global.u32 %r2, [%rd3];", "st.global.u32 [%rd3], %r1; ld.global.u32 %r2, [%rd3];", nameof(FaultKind.Unwritten))]
    [TestCase("ld.shared.u32 %r2, [%rd5];", "st.shared.u32 [%rd5], %r1; ld.shared.u32 %r2, [%rd5];", nameof(FaultKind.Unwritten))]
    [TestCase("trap;", "setp.gt.u32 %p1, %r1, 1000; @%p1 trap;", nameof(FaultKind.Trap))]
    public void A_wrong_access_is_caught_and_a_right_one_passes(string wrong, string right, string kind) =>
        Compare(wrong, right, Enum.Parse<FaultKind>(kind));

    [Test]
    public void A_race_in_shared_memory_is_caught()
    {
        const string syncAll = "bar.sync 0;";
        Compare(Swap.Replace("{0}", "", StringComparison.Ordinal), Swap.Replace("{0}", syncAll, StringComparison.Ordinal), FaultKind.SharedRace,
            threads: 64);
    }

    [Test]
    public void A_race_between_lanes_of_a_warp_is_caught()
    {
        string lanes = Swap.Replace("%r1, 32", "%r1, 1", StringComparison.Ordinal);
        Compare(lanes.Replace("{0}", "", StringComparison.Ordinal), lanes.Replace("{0}", "bar.warp.sync -1;", StringComparison.Ordinal),
            FaultKind.SharedRace);
    }

    [Test]
    public void A_race_between_blocks_is_caught() =>
        Compare("st.global.u32 [%rd3], %r5;", "red.global.add.u32 [%rd3], %r5;", FaultKind.GlobalRace, blocks: 4, written: true);

    [Test]
    public void A_divergent_barrier_is_caught()
    {
        const string wrong = "setp.lt.u32 %p1, %r1, 16; @%p1 bra LOW; bar.sync 0; bra END; LOW: bar.sync 0; END:";
        Compare(wrong, "setp.lt.u32 %p1, %r1, 16; @%p1 bra LOW; mov.u32 %r2, 1; LOW: bar.sync 0;", FaultKind.DivergentBarrier);
    }

    [Test]
    public void A_barrier_that_nobody_completes_is_caught() =>
        Compare("setp.lt.u32 %p1, %r1, 32; @%p1 bar.sync 0, 64;", "bar.sync 0, 64;", FaultKind.Deadlock, threads: 64);

    [Test]
    public void A_shuffle_from_an_absent_lane_is_caught() =>
        Compare("setp.ge.u32 %p1, %r1, 16; @%p1 bra END; shfl.sync.bfly.b32 %r2|%p2, %r1, 16, 31, 0xffff; END:",
            "setp.ge.u32 %p1, %r1, 16; @%p1 bra END; shfl.sync.bfly.b32 %r2|%p2, %r1, 8, 31, 0xffff; END:", FaultKind.AbsentLane);

    private static IEnumerable<TestCaseData> Switches()
    {
        static TestCaseData Case(FaultKind kind, CheckOptions off, string body, int threads = 32, int blocks = 1) =>
            new TestCaseData(kind, off, body, threads, blocks).SetArgDisplayNames(kind.ToString(), body.Split(';')[0]);
        CheckOptions all = new();
        yield return Case(FaultKind.OutOfBounds, all with { Bounds = false }, "st.global.u32 [%rd3+1024], %r1; ld.global.u32 %r2, [%rd3+1024];");
        yield return Case(FaultKind.Misaligned, all with { Alignment = false }, "st.global.u32 [%rd3+2], %r1;");
        yield return Case(FaultKind.Unwritten, all with { Unwritten = false }, "ld.global.u32 %r2, [%rd3];");
        yield return Case(FaultKind.Unwritten, all with { Unwritten = false }, "ld.shared.u32 %r2, [%rd5];");
        yield return Case(FaultKind.SharedRace, all with { SharedRaces = false }, Swap.Replace("{0}", "", StringComparison.Ordinal), 64);
        yield return Case(FaultKind.GlobalRace, all with { GlobalRaces = false }, "st.global.u32 [%rd3], %r5;", 32, 4);
        yield return Case(FaultKind.DivergentBarrier, all with { Barriers = false },
            "setp.lt.u32 %p1, %r1, 16; @%p1 bra LOW; bar.sync 0; bra END; LOW: bar.sync 0; END:");
        yield return Case(FaultKind.AbsentLane, all with { Lanes = false },
            "setp.ge.u32 %p1, %r1, 16; @%p1 bra END; shfl.sync.bfly.b32 %r2|%p2, %r1, 16, 31, 0xffff; END:");
        yield return Case(FaultKind.AbsentLane, all with { Lanes = false }, "setp.ge.u32 %p1, %r1, 16; @%p1 exit; bar.warp.sync -1;");
        yield return Case(FaultKind.AbsentLane, all with { Lanes = false }, "vote.sync.ballot.b32 %r2, %p1, 0xffff;");
    }

    [TestCaseSource(nameof(Switches))]
    public void A_check_can_be_switched_off(object kind, object off, string body, int threads, int blocks)
    {
        string ptx = PtxRun.Kernel(".param .u64 out", $"{Registers}\n{Address}\n{body}");
        using PtxRun on = new(ptx), without = new(ptx, checks: (CheckOptions)off);
        Assert.That(() => without.Launch("k", blocks, threads, Room(without, threads + 1, written: false)), Throws.Nothing);
        Assert.That(() => on.Launch("k", blocks, threads, Room(on, threads + 1, written: false)), Throws.TypeOf<EmulationException>()
            .With.Property(nameof(EmulationException.Kind)).EqualTo((FaultKind)kind));
    }

    [Test]
    public void Without_bounds_memory_that_is_none_is_still_reported()
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 out", $"{Registers}\n{Address}\nst.global.u32 [%rd2], %r1;"),
            checks: new CheckOptions(Bounds: false));
        Assert.That(() => run.Launch("k", 1, 32, run.Empty(256)), Throws.TypeOf<EmulationException>());
    }

    [Test]
    public void Lanes_that_spin_for_each_other_come_to_an_end()
    {
        const string body = """
            AGAIN:
            atom.global.cas.b32 %r2, [%rd1], 0, 1;
            setp.ne.s32 %p1, %r2, 0;
            @%p1 bra AGAIN;
            ld.volatile.global.u32 %r3, [%rd1+4];
            add.u32 %r3, %r3, 1;
            st.volatile.global.u32 [%rd1+4], %r3;
            atom.global.exch.b32 %r4, [%rd1], 0;
            """;
        using PtxRun run = new(PtxRun.Kernel(".param .u64 out", $"{Registers}\n{Address}\n{body}"));
        ulong place = run.Buffer(0u, 0u);
        run.Launch("k", 3, 64, place);
        Assert.That(run.Read<uint>(place, 2), Is.EqualTo(new uint[] { 0, 192 }));
    }

    private static void Compare(string wrong, string right, FaultKind kind, int threads = 32, int blocks = 1, bool written = false)
    {
        using PtxRun good = new(PtxRun.Kernel(".param .u64 out", $"{Registers}\n{Address}\n{right}"));
        Assert.That(() => good.Launch("k", blocks, threads, Room(good, threads, written)), Throws.Nothing);
        using PtxRun bad = new(PtxRun.Kernel(".param .u64 out", $"{Registers}\n{Address}\n{wrong}"));
        EmulationException? fault = Assert.Throws<EmulationException>(() => bad.Launch("k", blocks, threads, Room(bad, threads, written)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fault!.Kind, Is.EqualTo(kind));
            Assert.That(fault.Message, Does.Contain("kernel k"));
            if (kind != FaultKind.Deadlock) Assert.That(fault.PtxLine, Is.GreaterThan(5));
        }
    }

    private static ulong Room(PtxRun run, int threads, bool written) =>
        written ? run.Buffer(new uint[threads]) : run.Empty(threads * sizeof(uint));
}
