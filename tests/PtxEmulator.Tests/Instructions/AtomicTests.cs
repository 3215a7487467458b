using Ditto.Emulation.Checks;
using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary><c>atom</c> and <c>red</c>: each operation's rule, what it returns, and that no update is lost.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class AtomicTests
{
    private const string Registers = ".reg .b16 %h<8>; .reg .b32 %r<16>; .reg .b64 %rd<16>; .reg .b32 %x<16>; .reg .pred %p<2>;\n";

    // The word or double word that is there, the operands, and what is there after.
    [TestCase("add.u32", 0xfffffffful, 3ul, 0ul, 2ul)]
    [TestCase("add.s32", 0x80000000ul, 0xfffffffful, 0ul, 0x7ffffffful)]
    [TestCase("add.u64", 0xfffffffffffffffful, 2ul, 0ul, 1ul)]
    [TestCase("min.s32", 0xfffffffful, 1ul, 0ul, 0xfffffffful)]
    [TestCase("min.u32", 0xfffffffful, 1ul, 0ul, 1ul)]
    [TestCase("max.s32", 0xfffffffful, 1ul, 0ul, 1ul)]
    [TestCase("max.u32", 0xfffffffful, 1ul, 0ul, 0xfffffffful)]
    [TestCase("min.s64", 0xfffffffffffffffful, 1ul, 0ul, 0xfffffffffffffffful)]
    [TestCase("max.s64", 0xfffffffffffffffful, 1ul, 0ul, 1ul)]
    [TestCase("min.u64", 0xfffffffffffffffful, 1ul, 0ul, 1ul)]
    [TestCase("max.u64", 0xfffffffffffffffful, 1ul, 0ul, 0xfffffffffffffffful)]
    [TestCase("inc.u32", 4ul, 5ul, 0ul, 5ul)]
    [TestCase("inc.u32", 5ul, 5ul, 0ul, 0ul)]
    [TestCase("inc.u32", 9ul, 5ul, 0ul, 0ul)]
    [TestCase("dec.u32", 4ul, 5ul, 0ul, 3ul)]
    [TestCase("dec.u32", 0ul, 5ul, 0ul, 5ul)]
    [TestCase("dec.u32", 9ul, 5ul, 0ul, 5ul)]
    [TestCase("and.b32", 0xf0ul, 0x3cul, 0ul, 0x30ul)]
    [TestCase("or.b32", 0xf0ul, 0x3cul, 0ul, 0xfcul)]
    [TestCase("xor.b64", 0xf0f0f0f0f0f0f0f0ul, 0xfffffffffffffffful, 0ul, 0x0f0f0f0f0f0f0f0ful)]
    [TestCase("exch.b32", 1ul, 2ul, 0ul, 2ul)]
    [TestCase("exch.b64", 1ul, 0x200000003ul, 0ul, 0x200000003ul)]
    [TestCase("cas.b32", 7ul, 7ul, 9ul, 9ul)]
    [TestCase("cas.b32", 8ul, 7ul, 9ul, 8ul)]
    [TestCase("cas.b64", 0x100000007ul, 0x100000007ul, 9ul, 9ul)]
    [TestCase("cas.b64", 0x200000007ul, 0x100000007ul, 9ul, 0x200000007ul)]
    [TestCase("cas.b16", 0x12340007ul, 7ul, 9ul, 0x12340009ul)]
    [TestCase("add.f32", 0x3f800000ul, 0x40000000ul, 0ul, 0x40400000ul)]                   // 1 + 2
    [TestCase("add.f64", 0x3ff0000000000000ul, 0x4000000000000000ul, 0ul, 0x4008000000000000ul)]
    [TestCase("add.noftz.f16", 0xffff3c00ul, 0x4000ul, 0ul, 0xffff4200ul)]                 // the upper half stays
    [TestCase("add.noftz.f16x2", 0x3c003c00ul, 0x40003c00ul, 0ul, 0x42004000ul)]
    [TestCase("add.noftz.f16x2", 0x00010001ul, 0x00010002ul, 0ul, 0x00020003ul)]           // denormals are kept
    [TestCase("add.noftz.bf16", 0xffff3f80ul, 0x4000ul, 0ul, 0xffff4040ul)]
    [TestCase("add.noftz.bf16x2", 0x3f803f80ul, 0x40003f80ul, 0ul, 0x40404000ul)]
    public void An_operation_follows_its_rule(string name, ulong old, ulong b, ulong c, ulong expected)
    {
        string type = name.Split('.')[^1];
        int bits = type is "f16" or "bf16" or "b16" ? 16 : type.Contains("64", StringComparison.Ordinal) ? 64 : 32;
        string stem = bits == 16 ? "%h" : bits == 64 ? "%rd" : "%r";
        string third = name.StartsWith("cas", StringComparison.Ordinal) ? $", {stem}6" : "";
        ulong returned = bits == 64 ? old : bits == 32 ? (uint)old : (ushort)old;
        foreach (string space in new[] { "global.", "" })
        {
            string kernel = Registers + $"""
                ld.param.u64 %rd0, [at]; ld.param.u64 %rd1, [out];
                ld.global.b{bits} {stem}5, [%rd0+8]; ld.global.b{bits} {stem}6, [%rd0+16];
                atom.{space}{name} {stem}7, [%rd0], {stem}5{third};
                st.global.b{bits} [%rd1], {stem}7;
                """;
            ulong[] memory = Run(kernel, [old, b, c], out ulong result);
            Assert.Multiple(() =>
            {
                Assert.That(memory[0], Is.EqualTo(expected), "memory");
                Assert.That(result, Is.EqualTo(returned), "old value");
            });
        }
    }

    [TestCase("red.release.gpu.global.add.u32", "%r5")]
    [TestCase("red.global.add.u32", "%r5")]
    [TestCase("red.add.gpu.relaxed.u32", "%r5")]
    public void A_reduction_returns_nothing_and_modifiers_stand_in_any_order(string name, string operand)
    {
        string kernel = Registers + $"ld.param.u64 %rd0, [at]; ld.param.u64 %rd1, [out]; ld.global.u32 %r5, [%rd0+8]; {name} [%rd0], {operand};\n";
        Assert.That(Run(kernel, [5, 6, 0], out ulong _)[0], Is.EqualTo(11));
    }

    [Test]
    public void Float_additions_flush_denormals_in_global_memory_only()
    {
        const string kernel = Registers + """
            .shared .align 4 .b32 place;
            ld.param.u64 %rd0, [at]; ld.param.u64 %rd1, [out]; ld.global.u32 %r5, [%rd0+8];
            st.shared.u32 [place], %r5;
            red.shared.add.f32 [place], %r5; red.global.add.f32 [%rd0], %r5;
            ld.shared.u32 %r6, [place]; st.global.u32 [%rd1], %r6;
            """;
        ulong[] memory = Run(kernel, [1, 1, 0], out ulong shared);
        Assert.Multiple(() =>
        {
            Assert.That(memory[0], Is.Zero);
            Assert.That(shared, Is.EqualTo(2));
        });
    }

    [Test]
    public void Vectors_are_added_element_by_element()
    {
        const string kernel = Registers + """
            ld.param.u64 %rd0, [at]; ld.param.u64 %rd1, [out];
            mov.f32 %x0, 0f3F800000; mov.f32 %x1, 0f40000000; mov.u32 %x2, 0x3c004000; mov.u16 %h0, 16256; mov.u16 %h1, 0;
            atom.global.add.v2.f32 {%x4, %x5}, [%rd0], {%x0, %x1};
            red.global.v2.noftz.add.f16x2 [%rd0+8], {%x2, %x2};
            red.global.max.noftz.v2.bf16 [%rd0+16], {%h0, %h1};
            st.global.u32 [%rd1], %x4; st.global.u32 [%rd1+4], %x5;
            """;
        ulong one = BitConverter.SingleToUInt32Bits(1), two = BitConverter.SingleToUInt32Bits(2), four = BitConverter.SingleToUInt32Bits(4);
        ulong[] memory = Run(kernel, [(two << 32) | one, 0x3c003c00_00000000, 0xbf80_c000], out ulong old);
        Assert.Multiple(() =>
        {
            Assert.That(old, Is.EqualTo((two << 32) | one));
            Assert.That(memory[0], Is.EqualTo((four << 32) | two));
            Assert.That(memory[1], Is.EqualTo(0x40004200_3c004000));
            Assert.That(memory[2], Is.EqualTo(0x0000_3f80));
        });
    }

    [Test]
    public void Lanes_take_turns_in_their_order()
    {
        uint[] found = PtxRun.Run(Registers + """
            .shared .align 4 .b32 count;
            ld.param.u64 %rd0, [out]; mov.u32 %r0, %tid.x; mov.u32 %r1, 10;
            setp.eq.u32 %p0, %r0, 0; @%p0 st.shared.u32 [count], %r1; bar.sync 0;
            atom.shared.inc.u32 %r2, [count], 1000;
            mul.wide.u32 %rd1, %r0, 4; add.s64 %rd2, %rd0, %rd1; st.global.u32 [%rd2], %r2;
            """, 32);
        Assert.That(found, Is.EqualTo(Enumerable.Range(10, 32)));
    }

    [Test]
    public void No_update_of_several_blocks_is_lost()
    {
        const int blocks = 64, threads = 64, rounds = 50;
        const string kernel = Registers + """
            ld.param.u64 %rd0, [at]; mov.u32 %r1, 0;
            $LOOP: red.global.add.u32 [%rd0], 1; red.global.add.f64 [%rd0+8], 0d3FF0000000000000;
            add.u32 %r1, %r1, 1; setp.lt.u32 %p0, %r1, 50; @%p0 bra $LOOP;
            """;
        using PtxRun run = new(PtxRun.Kernel(".param .u64 at", kernel));
        ulong place = run.Buffer(0ul, 0ul);
        run.Launch("k", blocks, threads, place);
        Assert.That(run.Read<ulong>(place, 1)[0], Is.EqualTo(blocks * threads * rounds));
        Assert.That(run.Read<double>(place, 2)[1], Is.EqualTo(blocks * threads * rounds));
    }

    [Test]
    public void Blocks_that_add_without_atomics_are_reported([Values] bool isAtomic)
    {
        string kernel = Registers + "ld.param.u64 %rd0, [at];\n"
            + (isAtomic ? "red.global.add.u32 [%rd0], 1;" : "ld.global.u32 %r0, [%rd0]; add.u32 %r0, %r0, 1; st.global.u32 [%rd0], %r0;");
        using PtxRun run = new(PtxRun.Kernel(".param .u64 at", kernel));
        ulong place = run.Buffer(0u);
        void Launch() => run.Launch("k", 4, 1, place);
        if (isAtomic) Assert.That(Launch, Throws.Nothing);
        else Assert.That(Launch, Throws.TypeOf<EmulationException>().With.Property("Kind").EqualTo(FaultKind.GlobalRace));
    }

    [TestCase("atom.global.add.u32 %r1, [%rd0+2], 1;", FaultKind.Misaligned)]
    [TestCase("atom.global.add.u32 %r1, [%rd0+4096], 1;", FaultKind.OutOfBounds)]
    [TestCase("atom.shared.add.u32 %r1, [place], 1;", FaultKind.Unwritten)]
    public void Bad_places_are_reported(string instruction, object kind)
    {
        string kernel = Registers + ".shared .align 4 .b32 place;\nld.param.u64 %rd0, [at];\n" + instruction;
        Assert.That(() => Run(kernel, [0, 0, 0], out ulong _),
            Throws.TypeOf<EmulationException>().With.Property(nameof(EmulationException.Kind)).EqualTo(kind));
    }

    [TestCase("atom.global.add.s64 %rd1, [%rd0], %rd2;")]
    [TestCase("atom.global.min.f32 %r1, [%rd0], %r2;")]
    [TestCase("atom.global.add.f16 %h1, [%rd0], %h2;")]
    [TestCase("atom.global.sub.u32 %r1, [%rd0], %r2;")]
    [TestCase("atom.global.min.noftz.f16 %h1, [%rd0], %h2;")]
    [TestCase("atom.shared.v2.f32.add {%r1, %r2}, [%rd0], {%r2, %r3};")]
    [TestCase("red.global.cas.b32 [%rd0], %r1, %r2;")]
    public void Other_forms_are_refused(string instruction) =>
        Assert.That(() => Run(Registers + instruction, [0, 0, 0], out ulong _), Throws.TypeOf<PtxException>());

    private static ulong[] Run(string body, ulong[] memory, out ulong result)
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 at, .param .u64 out", body));
        ulong place = run.Buffer(memory), output = run.Buffer(0ul);
        run.Launch("k", 1, 1, place, output);
        result = run.Read<ulong>(output, 1)[0];
        return run.Read<ulong>(place, memory.Length);
    }
}
