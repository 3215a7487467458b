using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Syntax;

/// <summary>The forms of variables, initialisers and heads of functions.</summary>
public sealed class DeclarationTests
{
    [TestCase(".global .align 4 .u32 hits = 5;", "global u32 x1 align 4 count 1 = 5")]
    [TestCase(".visible .const .align 4 .b8 coef[32];", "const b8 x1 align 4 count 32")]
    [TestCase(".extern .shared .align 16 .b8 raw[];", "extern shared b8 x1 align 16 count 0")]
    [TestCase(".weak .shared .f64 sum;", "shared f64 x1 align 8 count 1")]
    [TestCase(".common .global .b128 wide;", "global b128 x1 align 16 count 1")]
    [TestCase(".global .attribute(.managed) .align 4 .u32 mg = 4;", "global u32 x1 align 4 count 1 = 4")]
    [TestCase(".global .attribute(.unified(19, (0x7))) .u64 u;", "global u64 x1 align 8 count 1")]
    [TestCase(".global .v4 .f32 quad[2];", "global f32 x4 align 16 count 2")]
    [TestCase(".global .align 1 .b8 grid[3][1+1];", "global b8 x1 align 1 count 6")]
    [TestCase(".global .b8 a[8] = {3, 0, 255, -1, 0, 0};", "global b8 x1 align 1 count 8 = 3, 0, 255, 255")]
    [TestCase(".global .b8 open[] = {1, 2, 0};", "global b8 x1 align 1 count 3 = 1, 2")]
    [TestCase(".global .u16 rows[][2] = {{1}, {2, 3}, 4};", "global u16 x1 align 2 count 6 = 1, 0, 2, 3, 4")]
    [TestCase(".global .u32 nest[2][2][2] = {{{1, 2}, {3}}, {4}};", "global u32 x1 align 4 count 8 = 1, 2, 3, 0, 4")]
    [TestCase(".global .u32 flat[2][2] = {1, 2, 3};", "global u32 x1 align 4 count 4 = 1, 2, 3")]
    [TestCase(".global .v2 .u32 pairs[] = {{1, 2}, {0, 4}};", "global u32 x2 align 8 count 2 = 1, 2, 0, 4")]
    [TestCase(".global .u32 none[4] = {};", "global u32 x1 align 4 count 4 = ")]
    [TestCase(".global .u32 one = {6};", "global u32 x1 align 4 count 1 = 6")]
    [TestCase(".global .u64 g[5] = {7, generic(arr)+8, arr-8, f, generic(arr)};",
        "global u64 x1 align 8 count 5 = 7, generic arr 8, arr -8, f 0, generic arr 0")]
    [TestCase(".const .f32 c[3] = {1.5, 0f3F800000, -0.5};", "const f32 x1 align 4 count 3 = 1069547520, 1065353216, 3204448256")]
    [TestCase(".const .f64 d = 0f3F800000;", "const f64 x1 align 8 count 1 = 4607182418800017408")]
    [TestCase(".const .b32 bits = 0f3F800000;", "const b32 x1 align 4 count 1 = 1065353216")]
    public void A_module_variable_is_read(string text, string expected)
    {
        PtxVariable variable = PtxParser.Parse($"{Walk.Head}{text}").Variables.Single();
        Assert.That(Show(variable), Is.EqualTo(expected));
        Assert.That(variable.Line, Is.EqualTo(4));
    }

    [TestCase(".reg .b32 %r<17>;", "reg b32 x1 align 4 count 1 %r<17>")]
    [TestCase(".reg .pred %p;", "reg pred x1 align 1 count 1 %p<0>")]
    [TestCase(".reg .v2 .f16x2 %v;", "reg f16x2 x2 align 8 count 1 %v<0>")]
    [TestCase(".local .align 16 .b8 __local_depot0[64];", "local b8 x1 align 16 count 64 __local_depot0<0>")]
    [TestCase(".shared .align 4 .u32 _ZZ8sync_zooE1s;", "shared u32 x1 align 4 count 1 _ZZ8sync_zooE1s<0>")]
    [TestCase(".param .b32 retval0;", "param b32 x1 align 4 count 1 retval0<0>")]
    public void A_local_declaration_is_read(string text, string expected)
    {
        PtxVariable variable = ((PtxDeclaration)Walk.Body(text).Single()).Variable;
        Assert.That($"{Show(variable)} {variable.Name}<{variable.RegisterCount}>", Is.EqualTo(expected));
    }

    [Test]
    public void One_declaration_may_name_several_variables()
    {
        IReadOnlyList<PtxStatement> body = Walk.Body(".reg .u32 %a,\n%b<4>, %c;");
        Assert.That(body.Cast<PtxDeclaration>().Select(item => (item.Line, item.Variable.Name, item.Variable.RegisterCount)),
            Is.EqualTo(new[] { (5, "%a", 0), (6, "%b", 4), (6, "%c", 0) }));
    }

    [Test]
    public void A_kernel_head_is_read()
    {
        PtxFunction kernel = PtxParser.Parse($$"""
            {{Walk.Head}}.weak .entry _Z3mapIfEvPT_(
                .param .u64 .ptr .align 1 p0, .param .u64 .ptr .global .align 16 p1,
                .param .align 64 .b8 p2[128], .param .u32 p3
            )
            .maxntid 128, 2, 1
            .minnctapersm 2 .maxnreg 64 .explicitcluster .reqnctapercluster 2, 1, 1 .maxclusterrank 4
            { ret; }
            """).Functions.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((kernel.Name, kernel.IsEntry, kernel.MaxThreads, kernel.Line), Is.EqualTo(("_Z3mapIfEvPT_", true, 256, 4)));
            Assert.That(kernel.Parameters.Select(item => $"{item.Name} {Show(item)}"), Is.EqualTo(new[]
            {
                "p0 param u64 x1 align 8 count 1", "p1 param u64 x1 align 8 count 1",
                "p2 param b8 x1 align 64 count 128", "p3 param u32 x1 align 4 count 1",
            }));
            Assert.That(kernel.Returns, Is.Empty);
            Assert.That(kernel.Body!.Statements, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void Functions_and_their_declarations_are_read()
    {
        IReadOnlyList<PtxFunction> functions = PtxParser.Parse($$"""
            {{Walk.Head}}.extern .func (.param .b32 r) vprintf (.param .b64 a, .param .b64 b)
            ;
            .func fail() .noreturn;
            .func g { ret; }
            .entry plain .reqntid 7 { ret; }
            """).Functions;
        Assert.That(functions.Select(item => (item.Name, item.IsEntry, item.Returns.Count, item.Parameters.Count, item.MaxThreads)),
            Is.EqualTo(new[] { ("vprintf", false, 1, 2, 0), ("fail", false, 0, 0, 0), ("g", false, 0, 0, 0), ("plain", true, 0, 0, 7) }));
        Assert.That(functions.Select(item => item.Body is null), Is.EqualTo(new[] { true, true, false, false }));
    }

    [Test]
    public void An_alias_is_its_function_under_another_name()
    {
        IReadOnlyList<PtxFunction> functions = PtxParser.Parse(
            $"{Walk.Head}.func f(.param .b32 a) {{ ret; }} .func g(.param .b32 b); .alias g, f;").Functions;
        Assert.That(functions.Select(item => item.Name), Is.EqualTo(new[] { "f", "g" }));
        Assert.That(functions[1].Body, Is.SameAs(functions[0].Body));
    }

    [Test]
    public void The_head_of_a_module_is_read_and_debug_sections_are_skipped()
    {
        PtxModule module = PtxParser.Parse("""
            // a banner
            .version 8.8
            .target sm_100a, debug
            .address_size 64
            .section .debug_str
            {
            $L__info_string0: .b8 95,90
            .b8 123 // {
            .b64 .debug_abbrev
            }
            .section	.debug_macinfo	{	}
            .pragma "nounroll", "x";
            """);
        Assert.That((module.Version, module.Target, module.Variables.Count, module.Functions.Count, module.Files.Count),
            Is.EqualTo(("8.8", "sm_100a", 0, 0, 0)));
    }

    private static string Show(PtxVariable variable)
    {
        string text = $"{(variable.IsExtern ? "extern " : "")}{variable.Space} {variable.Type} x{variable.VectorWidth} align {variable.Alignment}" +
            $" count {variable.ElementCount}";
        return variable.Initializer is null ? text : $"{text} = {string.Join(", ", variable.Initializer.Select(Show))}";
    }

    private static string Show(PtxInitializer value) =>
        value.Symbol is null ? $"{value.Bits}" : $"{(value.IsGeneric ? "generic " : "")}{value.Symbol} {(long)value.Bits}";
}
