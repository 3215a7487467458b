using Ditto.Emulation.Checks;
using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary><c>cp.async</c>: what arrives, and when it may be read.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class AsyncCopyTests
{
    private const int Bytes = 1024;

    /// <summary>%r2 is the thread's 16 bytes of shared memory, %rd2 those of the source, %rd3 those of the output.</summary>
    private const string Start = """
        .reg .b32 %r<16>; .reg .b64 %rd<8>; .reg .pred %p<4>; .reg .b32 %x<8>;
        .shared .align 16 .b8 tile[1024];
        ld.param.u64 %rd0, [from]; ld.param.u64 %rd1, [out]; mov.u32 %r0, %tid.x; mov.u32 %r1, tile;
        mul.lo.u32 %r2, %r0, 16; add.u32 %r2, %r1, %r2;
        mul.wide.u32 %rd2, %r0, 16; add.s64 %rd3, %rd1, %rd2; add.s64 %rd2, %rd0, %rd2;
        setp.ne.u32 %p0, %r0, 1;

        """;

    private const string Copy = "cp.async.cg.shared.global [%r2], [%rd2], 16;\n";
    private const string Commit = "cp.async.commit_group;\n";
    private const string Read = "ld.shared.v4.u32 {%x0, %x1, %x2, %x3}, [%r2];\nst.global.v4.u32 [%rd3], {%x0, %x1, %x2, %x3};\n";

    private static uint[] Source => [.. Enumerable.Range(1000, Bytes / 4).Select(value => (uint)value)];

    [TestCase(Copy + Commit + "cp.async.wait_group 0;\n")]
    [TestCase(Copy + "cp.async.wait_all;\n")]
    [TestCase("cp.async.ca.shared.global.L2::128B [%r2], [%rd2], 8; cp.async.ca.shared::cta.global [%r2+8], [%rd2+8], 4;\n"
        + "cp.async.ca.shared.global [%r2+12], [%rd2+12], 4;\n" + Commit + "cp.async.wait_group 0;\n")]
    public void A_copy_arrives_with_the_wait_for_its_group(string copy) => Assert.That(Run(Start + copy + Read), Is.EqualTo(Source[..128]));

    [TestCase("0", 0)]
    [TestCase("4", 4)]
    [TestCase("7", 7)]
    [TestCase("12", 12)]
    [TestCase("16", 16)]
    public void Bytes_beyond_the_source_size_are_zero(string size, int bytes)
    {
        uint[] found = Run(Start + $"mov.u32 %r3, {size};\ncp.async.cg.shared.global [%r2], [%rd2], 16, %r3;\ncp.async.wait_all;\n" + Read);
        byte[] expected = new byte[512], source = new byte[512];
        Buffer.BlockCopy(Source, 0, source, 0, source.Length);
        for (int n = 0; n < expected.Length; n++) expected[n] = n % 16 < bytes ? source[n] : (byte)0;
        byte[] got = new byte[512];
        Buffer.BlockCopy(found, 0, got, 0, got.Length);
        Assert.That(got, Is.EqualTo(expected));
    }

    [Test]
    public void Ignored_sources_give_zeros()
    {
        uint[] found = Run(Start + "cp.async.cg.shared.global [%r2], [%rd2], 16, %p0;\ncp.async.wait_all;\n" + Read);
        Assert.That(found, Is.EqualTo(Enumerable.Range(0, 128).Select(n => n / 4 == 1 ? Source[n] : 0)));
    }

    [Test]
    public void Bytes_that_are_not_read_may_lie_outside_of_the_source()
    {
        const string beyond = "add.s64 %rd4, %rd2, 1024;\nmov.u32 %r3, 0;\n@!%p0 mov.u32 %r3, 16;\n@!%p0 mov.u64 %rd4, %rd2;\n";
        uint[] found = Run(Start + beyond + "cp.async.cg.shared.global [%r2], [%rd4], 16, %r3;\ncp.async.wait_all;\n" + Read);
        Assert.That(found[..8], Is.EqualTo(new uint[] { 0, 0, 0, 0, 1004, 1005, 1006, 1007 }));
    }

    [TestCase(Copy + Commit)]
    [TestCase(Copy + "cp.async.wait_group 0;\n")]                         // nothing was committed: the group is still open
    [TestCase(Copy + Commit + "cp.async.wait_group 1;\n")]
    public void A_read_before_the_wait_is_reported(string copy) => Expect(FaultKind.PendingCopy, Start + copy + Read);

    [Test]
    public void The_newest_groups_may_be_under_way([Values(0, 512)] int readAt)
    {
        const string two = Copy + Commit + "cp.async.cg.shared.global [%r2+512], [%rd2+512], 16;\n" + Commit + "cp.async.wait_group 1;\n";
        string read = Read.Replace("[%r2]", FormattableString.Invariant($"[%r2+{readAt}]"), StringComparison.Ordinal);
        if (readAt == 0) Assert.That(Run(Start + two + read), Is.EqualTo(Source[..128]));
        else Expect(FaultKind.PendingCopy, Start + two + read);
    }

    [Test]
    public void Others_need_a_barrier_behind_the_wait([Values] bool hasBarrier)
    {
        string kernel = Start + Copy + "cp.async.wait_all;\n" + (hasBarrier ? "bar.sync 0;\n" : "")
            + "xor.b32 %r4, %r0, 1; mul.lo.u32 %r4, %r4, 16; add.u32 %r2, %r1, %r4;\n" + Read;
        if (hasBarrier) Assert.That(Run(kernel)[..4], Is.EqualTo(Source[4..8]));
        else Expect(FaultKind.SharedRace, kernel);
    }

    [Test]
    public void A_barrier_does_not_stand_for_the_wait() => Expect(FaultKind.PendingCopy, Start + Copy + Commit + "bar.sync 0;\n" + Read);

    [Test]
    public void A_place_that_others_still_read_must_not_be_copied_to([Values] bool hasBarrier)
    {
        string kernel = Start + "st.shared.u32 [%r2], %r0;\nbar.sync 0;\nxor.b32 %r4, %r0, 1; mul.lo.u32 %r4, %r4, 16; add.u32 %r4, %r1, %r4;\n"
            + "ld.shared.u32 %x4, [%r4];\n" + (hasBarrier ? "bar.sync 0;\n" : "") + Copy + "cp.async.wait_all;\n" + Read;
        if (hasBarrier) Assert.That(Run(kernel), Is.EqualTo(Source[..128]));
        else Expect(FaultKind.SharedRace, kernel);
    }

    [TestCase("cp.async.cg.shared.global [%r2], [%rd2+1024], 16;", FaultKind.OutOfBounds)]
    [TestCase("cp.async.cg.shared.global [%r2+1024], [%rd2], 16;", FaultKind.OutOfBounds)]
    [TestCase("cp.async.cg.shared.global [%r2], [%rd2+8], 16;", FaultKind.Misaligned)]
    [TestCase("cp.async.ca.shared.global [%r2+4], [%rd2], 8;", FaultKind.Misaligned)]
    [TestCase("cp.async.cg.shared.global [%r2], [%rd3], 16;", FaultKind.Unwritten)]
    public void Bad_places_are_reported_where_the_copy_starts(string copy, object kind) => Expect((FaultKind)kind, Start + copy);

    [TestCase("cp.async.cg.shared.global [%r2], [%rd2], 8;")]
    [TestCase("cp.async.ca.shared.global [%r2], [%rd2], 12;")]
    [TestCase("cp.async.ca.global.shared.bulk [%r2], [%rd2], 16;")]
    public void Other_forms_are_refused(string copy) => Assert.That(() => Run(Start + copy), Throws.TypeOf<PtxException>());

    private static void Expect(FaultKind kind, string body) =>
        Assert.That(() => Run(body), Throws.TypeOf<EmulationException>().With.Property(nameof(EmulationException.Kind)).EqualTo(kind));

    private static uint[] Run(string body)
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 from, .param .u64 out", body));
        ulong source = run.Buffer(Source), output = run.Empty(512);
        run.Launch("k", 1, 32, source, output);
        return run.Read<uint>(output, 128);
    }
}
