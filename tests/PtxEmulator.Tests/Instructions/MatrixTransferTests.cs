using Ditto.Emulation.Checks;
using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary><c>ldmatrix</c>, <c>stmatrix</c> and <c>movmatrix</c>: which lane holds which element.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class MatrixTransferTests
{
    private const int Matrices = 4, RowBytes = 16, Words = Matrices * 32;

    /// <summary>Shared memory holds the elements 0, 1, 2, ... of 16 bits; lane l names row l ^ flip, so rows are not in order.</summary>
    private const string Fill = """
        .reg .b32 %r<16>; .reg .b64 %rd<8>; .reg .b32 %m<4>;
        .shared .align 16 .b8 tile[512];
        ld.param.u64 %rd0, [out]; mov.u32 %r0, %tid.x; mov.u32 %r1, tile;
        mul.lo.u32 %r2, %r0, 16; add.u32 %r3, %r1, %r2;
        mul.lo.u32 %r4, %r0, 524296; add.u32 %r4, %r4, 65536;
        st.shared.u32 [%r3], %r4; add.u32 %r4, %r4, 131074; st.shared.u32 [%r3+4], %r4;
        add.u32 %r4, %r4, 131074; st.shared.u32 [%r3+8], %r4; add.u32 %r4, %r4, 131074; st.shared.u32 [%r3+12], %r4;
        bar.sync 0;
        xor.b32 %r5, %r0, 3; mul.lo.u32 %r5, %r5, 16; add.u32 %r6, %r1, %r5;
        mul.wide.u32 %rd1, %r0, 16; add.s64 %rd2, %rd0, %rd1;

        """;

    [TestCase(1, false)]
    [TestCase(1, true)]
    [TestCase(2, false)]
    [TestCase(2, true)]
    [TestCase(4, false)]
    [TestCase(4, true)]
    public void A_matrix_is_loaded_into_the_lanes_of_the_table(int count, bool transposes)
    {
        string registers = string.Join(", ", Enumerable.Range(0, count).Select(n => FormattableString.Invariant($"%m{n}")));
        string form = FormattableString.Invariant($"x{count}{(transposes ? ".trans" : "")}");
        string load = $"ldmatrix.sync.aligned.m8n8.{form}.shared.b16 {{{registers}}}, [%r6];\n";
        string store = string.Concat(Enumerable.Range(0, count).Select(n => FormattableString.Invariant($"st.global.u32 [%rd2+{4 * n}], %m{n};\n")));
        uint[] found = PtxRun.Run(Fill + load + store, Words);
        Assert.Multiple(() =>
        {
            for (int n = 0; n < 32 * count; n++)
                Assert.That(found[(4 * (n / count)) + (n % count)], Is.EqualTo(Expected(n / count, n % count, transposes)), $"lane {n / count}");
        });
    }

    [Test]
    public void A_stored_matrix_is_the_loaded_one([Values("", ".trans")] string form)
    {
        string copy = $$"""
            ldmatrix.sync.aligned.m8n8.x4{{form}}.shared::cta.b16 {%m0, %m1, %m2, %m3}, [%r6];
            bar.sync 0;
            stmatrix.sync.aligned.m8n8.x4{{form}}.shared.b16 [%r3], {%m0, %m1, %m2, %m3};
            bar.sync 0;
            ld.shared.v4.u32 {%m0, %m1, %m2, %m3}, [%r3];
            st.global.v4.u32 [%rd2], {%m0, %m1, %m2, %m3};
            """;
        uint[] found = PtxRun.Run(Fill + copy, Words);
        uint[] expected = [.. Enumerable.Range(0, Words).Select(word => Pair((((word / 4) ^ 3) * 8) + (2 * (word % 4)), 1))];
        Assert.That(found, Is.EqualTo(expected));                     // row l is what row l ^ 3 was
    }

    [Test]
    public void A_matrix_is_transposed_between_registers()
    {
        const string move = """
            ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%m0}, [%r6];
            movmatrix.sync.aligned.m8n8.trans.b16 %m1, %m0;
            st.global.u32 [%rd2], %m1;
            """;
        uint[] found = PtxRun.Run(Fill + move, Words);
        uint[] expected = [.. Enumerable.Range(0, 32).Select(lane => Expected(lane, 0, true))];
        Assert.That(found.Where((_, word) => word % 4 == 0), Is.EqualTo(expected));
    }

    [TestCase("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%m0}, [%r6+8];", FaultKind.Misaligned)]
    [TestCase("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%m0}, [%r6+512];", FaultKind.OutOfBounds)]
    [TestCase("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%r6+64], {%m0, %m1, %m2, %m3};", FaultKind.OutOfBounds)]
    public void Rows_outside_of_memory_are_reported(string instruction, object kind) => Assert.That(() => PtxRun.Run(Fill + instruction, Words),
        Throws.TypeOf<EmulationException>().With.Property(nameof(EmulationException.Kind)).EqualTo(kind));

    [Test]
    public void A_row_that_another_warp_writes_needs_a_barrier([Values] bool hasBarrier)
    {
        string kernel = $$"""
            .reg .b32 %r<8>; .reg .b64 %rd<4>; .reg .pred %p<2>; .reg .b32 %m<2>;
            .shared .align 16 .b8 tile[128];
            ld.param.u64 %rd0, [out]; mov.u32 %r0, %tid.x; mov.u32 %r1, tile;
            setp.ge.u32 %p0, %r0, 32; and.b32 %r2, %r0, 31; mul.lo.u32 %r3, %r2, 4; add.u32 %r4, %r1, %r3;
            @!%p0 st.shared.u32 [%r4], %r0;
            {{(hasBarrier ? "bar.sync 0;" : "")}}
            @!%p0 bra $END;
            and.b32 %r5, %r2, 7; mul.lo.u32 %r5, %r5, 16; add.u32 %r6, %r1, %r5;
            ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%m0}, [%r6];
            mul.wide.u32 %rd1, %r2, 4; add.s64 %rd2, %rd0, %rd1; st.global.u32 [%rd2], %m0;
            $END:
            """;
        if (hasBarrier) Assert.That(PtxRun.Run(kernel, 32, 64), Is.EqualTo(Enumerable.Range(0, 32)));
        else Assert.That(() => PtxRun.Run(kernel, 32, 64), Throws.TypeOf<EmulationException>().With.Property("Kind").EqualTo(FaultKind.SharedRace));
    }

    [TestCase("ldmatrix.sync.aligned.m16n16.x1.trans.shared.b8 {%m0, %m1}, [%r6];")]
    [TestCase("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%m0}, [%r6];")]
    [TestCase("movmatrix.sync.aligned.m8n8.b16 %m1, %m0;")]
    public void Other_forms_are_refused(string instruction) =>
        Assert.That(() => PtxRun.Run(Fill + instruction, Words), Throws.TypeOf<PtxException>().With.Message.Contains(instruction.Split(' ')[0]));

    /// <summary>Two elements of 16 bits, the second by so much larger.</summary>
    private static uint Pair(int first, int step) => (uint)(first | ((first + step) << 16));

    private static uint Expected(int lane, int matrix, bool transposes)
    {
        int Element(int row, int column) => ((((8 * matrix) + row) ^ 3) * (RowBytes / 2)) + column;       // lane 8 i + w names row w of matrix i
        int major = lane >> 2, minor = 2 * (lane & 3);
        return transposes ? Pair(Element(minor, major), Element(minor + 1, major) - Element(minor, major)) : Pair(Element(major, minor), 1);
    }
}
