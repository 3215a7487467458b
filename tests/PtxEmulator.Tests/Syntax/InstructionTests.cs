using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Syntax;

/// <summary>The forms of statements and operands, one by one.</summary>
public sealed class InstructionTests
{
    [TestCase("ret;", "ret", "")]
    [TestCase("mov.u32 %r1, %tid.x;", "mov.u32", "%r1, %tid.x")]
    [TestCase("mov.u32 %r1, WARP_SZ;", "mov.u32", "%r1, 32")]
    [TestCase("mov.u64 %rd1, table;", "mov.u64", "%rd1, table")]
    [TestCase("mov.u64 %rd1, table+4;", "mov.u64", "%rd1, <table 4>")]
    [TestCase("mov.u64 %rd1, table-4;", "mov.u64", "%rd1, <table -4>")]
    [TestCase("ld.global.v4.f32 {%f1, %f2, _, %f4}, [%rd1+16];", "ld.global.v4.f32", "{%f1, %f2, discard, %f4}, [%rd1 16]")]
    [TestCase("ld.shared.u32 %r1, [%r2+-8];", "ld.shared.u32", "%r1, [%r2 -8]")]
    [TestCase("ld.const.f32 %f1, [coef + 4*(2+1)];", "ld.const.f32", "%f1, [coef 12]")]
    [TestCase("st.param.b32 [param0+0], 7;", "st.param.b32", "[param0 0], 7")]
    [TestCase("selp.b32 %r1, 1, 0, !%p1;", "selp.b32", "%r1, 1, 0, !%p1")]
    [TestCase("setp.lt.and.f32 %p1|%p2, %f1, 0f3F800000, !%p3;", "setp.lt.and.f32", "%p1|%p2, %f1, 0f3F800000, !%p3")]
    [TestCase("elect.sync _|p, 0xffffffff;", "elect.sync", "discard|p, 4294967295")]
    [TestCase("shfl.sync.bfly.b32 %r1|_, %r2, 16, 31, -1;", "shfl.sync.bfly.b32", "%r1|discard, %r2, 16, 31, -1")]
    [TestCase("mbarrier.arrive.shared::cta.b64 _, [%r1];", "mbarrier.arrive.shared::cta.b64", "discard, [%r1 0]")]
    [TestCase("ld.global.nc.L1::no_allocate.L2::128B.f32 a, [b];", "ld.global.nc.L1::no_allocate.L2::128B.f32", "a, [b 0]")]
    [TestCase("x.2d.mbarrier::complete_tx::bytes [%r1], [%rd6+8, {%r2, 3}], [%r4];", "x.2d.mbarrier::complete_tx::bytes",
        "[%r1 0], [%rd6 8 at %r2, 3], [%r4 0]")]
    [TestCase("mov.b64 {lo,hi}, %rd1;", "mov.b64", "{lo, hi}, %rd1")]
    [TestCase("mov.b32 %r1, {low,low};", "mov.b32", "%r1, {low, low}")]
    [TestCase("vadd.s32.u8.u8 %r1, %r2.b0, %r3.h1;", "vadd.s32.u8.u8", "%r1, %r2.b0, %r3.h1")]
    [TestCase("bra.uni $L__BB0_2;", "bra.uni", "$L__BB0_2")]
    [TestCase("brx.idx %r1, $L_brx_0;", "brx.idx", "%r1, $L_brx_0")]
    [TestCase("bar.sync 1, 64;", "bar.sync", "1, 64")]
    [TestCase("mma .sync\n.aligned {a},\n{b}, {c}, /* no */ {d} ; // end", "mma.sync.aligned", "{a}, {b}, {c}, {d}")]
    [TestCase("call f;", "call", "{}, f, {}")]
    [TestCase("call.uni f, (a, 2);", "call.uni", "{}, f, {a, 2}")]
    [TestCase("call (r), f;", "call", "{r}, f, {}")]
    [TestCase("call (retval0), %rd16, (param0, param1), prototype_6;", "call", "{retval0}, %rd16, {param0, param1}, prototype_6")]
    [TestCase("call (), %rd16, (), p;", "call", "{}, %rd16, {}, p")]
    [TestCase("call %rd16, p;", "call", "{}, %rd16, {}, p")]
    public void An_instruction_is_read(string text, string name, string operands)
    {
        PtxInstruction instruction = Walk.Body(text).Cast<PtxInstruction>().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(instruction.FullName, Is.EqualTo(name));
            Assert.That(instruction.Opcode, Is.EqualTo(name.Split('.')[0]));
            Assert.That(Walk.Show(instruction.Operands), Is.EqualTo(operands));
            Assert.That(instruction.Guard, Is.Null);
            Assert.That(instruction.Line, Is.EqualTo(5));
        }
    }

    [TestCase("0", "0")]
    [TestCase("007", "7")]
    [TestCase("0755", "493")]
    [TestCase("0x7fU", "127")]
    [TestCase("0XFFFFFFFFFFFFFFFF", "-1")]
    [TestCase("0b1011", "11")]
    [TestCase("18446744073709551615", "-1")]
    [TestCase("-9223372036854775808", "-9223372036854775808")]
    [TestCase("0f3F800000", "0f3F800000")]
    [TestCase("0F3f800000", "0f3F800000")]
    [TestCase("-0f3F800000", "0fBF800000")]
    [TestCase("0dC000000000000000", "0dC000000000000000")]
    [TestCase("1.5", "0d3FF8000000000000")]
    [TestCase("1.", "0d3FF0000000000000")]
    [TestCase("-1.5e3", "0dC097700000000000")]
    [TestCase("2e-1", "0d3FC999999999999A")]
    [TestCase("1.5 * 2", "0d4008000000000000")]
    [TestCase("1 + 0f3F800000", "0d4000000000000000")]
    [TestCase("1.5 < 2", "1")]
    [TestCase("1 + 2 * 3 - 4", "3")]
    [TestCase("(1 + 2) * 3", "9")]
    [TestCase("7 - 2 - 1", "4")]
    [TestCase("-7 / 2", "-3")]
    [TestCase("-7 / 2U", "9223372036854775804")]
    [TestCase("17 % 5", "2")]
    [TestCase("-9223372036854775807 - 1 >> 62", "-2")]
    [TestCase("0x8000000000000000 >> 62", "2")]
    [TestCase("(.s64)0x8000000000000000 >> 62", "-2")]
    [TestCase("(.u64)(0-4) / 2", "9223372036854775806")]
    [TestCase("1 << 4 | 1 << 2 & ~4 ^ 3", "19")]
    [TestCase("1 << 64", "0")]
    [TestCase("-1 >> 64", "-1")]
    [TestCase("1 < 2 == 1", "1")]
    [TestCase("-1 < 0U", "0")]
    [TestCase("3 >= 3 && 2 != 2 || !5", "0")]
    [TestCase("+4 ? 0 ? 1 : 2 : 3", "2")]
    [TestCase("WARP_SZ*2", "64")]
    public void A_number_is_read(string text, string value)
    {
        PtxInstruction instruction = Walk.Body($"mov.b64 %rd1, {text};").Cast<PtxInstruction>().Single();
        Assert.That(Walk.Show(instruction.Operands), Is.EqualTo($"%rd1, {value}"));
    }

    [TestCase("@%p1 ret;", "%p1", false)]
    [TestCase("@!%p1 ret;", "%p1", true)]
    [TestCase("@ !p bra L;", "p", true)]
    public void A_guard_is_read(string text, string guard, bool isNegated)
    {
        PtxInstruction instruction = Walk.Body(text).Cast<PtxInstruction>().Single();
        Assert.That((instruction.Guard, instruction.GuardNegated), Is.EqualTo((guard, isNegated)));
    }

    [Test]
    public void Scopes_labels_and_declarations_nest()
    {
        IReadOnlyList<PtxStatement> body = Walk.Body("{.reg .pred p, q; W: @p bra W;\n{ bra.uni D;; } D:\n}");
        PtxScope scope = (PtxScope)body.Single();
        Assert.That(scope.Statements.Select(statement => statement.GetType().Name), Is.EqualTo(new[]
        {
            nameof(PtxDeclaration), nameof(PtxDeclaration), nameof(PtxLabel), nameof(PtxInstruction), nameof(PtxScope), nameof(PtxLabel),
        }));
        Assert.That(scope.Statements.Select(statement => statement.Line), Is.EqualTo(new[] { 5, 5, 5, 5, 6, 6 }));
        Assert.That(scope.Statements.OfType<PtxLabel>().Select(label => label.Name), Is.EqualTo(new[] { "W", "D" }));
    }

    [Test]
    public void Branch_targets_and_call_prototypes_keep_their_names()
    {
        IReadOnlyList<PtxStatement> body = Walk.Body(
            "$L_brx_0: .branchtargets L1, L2;\n" +
            "prototype_6 : .callprototype (.param .b32 _) _ (.param .b64 _, .param .align 8 .b8 _[16]) .noreturn;\n" +
            "p: .callprototype _ ();");
        PtxBranchTargets targets = (PtxBranchTargets)body[0];
        PtxCallPrototype full = (PtxCallPrototype)body[1], empty = (PtxCallPrototype)body[2];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((targets.Name, string.Join(' ', targets.Labels)), Is.EqualTo(("$L_brx_0", "L1 L2")));
            Assert.That((full.Name, full.Line), Is.EqualTo(("prototype_6", 6)));
            Assert.That(full.Returns.Select(item => (item.Name, item.Type)), Is.EqualTo(new[] { ("_", "b32") }));
            Assert.That(full.Parameters.Select(item => (item.Type, item.Alignment, item.ElementCount)),
                Is.EqualTo(new[] { ("b64", 8, 1), ("b8", 8, 16) }));
            Assert.That((empty.Returns.Count, empty.Parameters.Count), Is.EqualTo((0, 0)));
        }
    }

    [Test]
    public void Instructions_know_their_source_line()
    {
        const string Text = """
            .loc 1 7 3
            $L__tmp0:
            ret;
            ret;
            .loc 2 99 1, function_name $L__info_string0, inlined_at 1 8 5
            { ret; }
            .pragma "nounroll";
            .loc 1 9 1, function_name $L__info_string0+12, inlined_at 1 8 5
            ret;
            .loc 1 0 0
            ret;
            """;
        const string Files = ".file 1 \"a b.cu\" .file 2 \"c.cuh\", 1, 2";
        PtxModule module = PtxParser.Parse($"{Walk.Head}.func a() {{ ret; }} .func b() {{ {Text} }} .func c() {{ ret; }}\n{Files}");
        PtxSourceLine?[] expected = [null, new(1, 7), new(1, 7), new(2, 99), new(1, 9), null, null];
        Assert.That(Walk.Instructions(module).Select(instruction => instruction.Source), Is.EqualTo(expected));
        Assert.That(module.Files, Is.EquivalentTo(new Dictionary<int, string> { [1] = "a b.cu", [2] = "c.cuh" }));
    }

    [Test]
    public void Equal_names_share_their_strings()
    {
        PtxInstruction[] two = [.. Walk.Body("ld.global.f32 %f1, [a]; ld.global.f32 %f1, [a];").Cast<PtxInstruction>()];
        Assert.That(two[1].Opcode, Is.SameAs(two[0].Opcode));
        Assert.That(two[1].Modifiers, Is.SameAs(two[0].Modifiers));
        Assert.That(two[1].Operands[0], Is.SameAs(two[0].Operands[0]));
    }
}
