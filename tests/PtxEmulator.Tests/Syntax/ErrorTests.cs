using System.Text;
using Ditto.Emulation.Syntax;
using Ditto.Testing;
using Ditto.Testing.Fuzz;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Syntax;

/// <summary>Whatever the text: a module, or an error that says the line, what was found and what was expected.</summary>
public sealed class ErrorTests
{
    [TestCase("", 1, "the end of the text, expected '.version'")]
    [TestCase(".target sm_90", 1, "found '.target', expected '.version'")]
    [TestCase(".version 8\n", 1, "found '8', expected a version")]
    [TestCase(".version 8.8\n.entry", 2, "found '.entry', expected '.target'")]
    [TestCase(".version 8.8 .target sm_90\n.address_size 32", 2, "32 bits, expected 64")]
    public void A_wrong_head_is_an_error(string text, int line, string problem) => Check(text, line, problem);

    [TestCase(".tex .u64 t;", "found '.tex', expected '.global'")]
    [TestCase("ret;", "found 'ret', expected")]
    [TestCase(".reg .b32 a;", "found '.reg', expected")]
    [TestCase(".global .b24 x;", "found '.b24', expected a type")]
    [TestCase(".global x;", "found 'x', expected a type")]
    [TestCase(".global .u32 .u32 x;", "found '.u32', expected a type or name")]
    [TestCase(".global .u32 5;", "found '5', expected the name")]
    [TestCase(".global .u32 x", "the end of the text, expected ';'")]
    [TestCase(".global .align 3 .u32 x;", "alignment 3 is no power of two")]
    [TestCase(".global .align -4 .u32 x;", "found '-', expected an alignment")]
    [TestCase(".global .u8 x[2][];", "only the first may be open")]
    [TestCase(".global .u8 x[-1];", "array length -1")]
    [TestCase(".global .u8 x[65536][65536];", "more than 2147483647 elements")]
    [TestCase(".global .u8 x[][2147483647][2147483647][2147483647] = {1};", "more than 2147483647 elements")]
    [TestCase(".global .u8 x[2] = {1, 2, 3};", "more values than the array")]
    [TestCase(".global .u8 x[2] = 1;", "found '1', expected '{'")]
    [TestCase(".global .u8 x[2] = {{1}};", "found '{', expected a value")]
    [TestCase(".global .u8 x[2][2] = {1, {2}};", "found '{', expected a value")]
    [TestCase(".global .u8 x[2][1000000000] = {{1}, {1}};", "leaves out more than")]
    [TestCase(".global .u8 x[1] = {1;", "found ';', expected '}'")]
    [TestCase(".global .u8 x = f;", "the address of f in a variable of type .u8")]
    [TestCase(".global .u64 x = generic(f;", "found ';', expected ')'")]
    [TestCase(".global .f32 x = 1;", "an integer in a variable of type .f32")]
    [TestCase(".global .u16 x = 1.5;", "a number with a fraction")]
    [TestCase(".shared .u32 x = 1;", "found '=', expected ';'")]
    [TestCase(".entry k(.param .u32 a .param .u32 b) {}", "found '.param', expected ')'")]
    [TestCase(".entry k(.global .u32 a) {}", "found '.global', expected '.param'")]
    [TestCase(".entry k() .fast {}", "found '.fast', expected a performance directive")]
    [TestCase(".entry k() .maxntid 0 {}", "found '0', expected a number")]
    [TestCase(".entry k() .maxntid 65536, 65536, 65536 {}", "a block of 281474976710656 threads")]
    [TestCase(".entry k() ret;", "found 'ret', expected '{' or ';'")]
    [TestCase(".entry k() { ret;", "the end of the text, expected '}'")]
    [TestCase(".alias a, b;", "a is an alias of b, but no function")]
    [TestCase(".file x;", "found 'x', expected a file number")]
    [TestCase(".file 1 \"x\n\"", "a quoted text has no end")]
    [TestCase(".section .debug_loc { .b8 1", "is never closed")]
    [TestCase("/* ...", "'/*' has no end")]
    [TestCase("`", "found '`', which begins no token")]
    [TestCase("\u00e9", "found the character U+00E9")]
    public void A_wrong_module_is_an_error(string text, string problem) => Check(Walk.Head + text, 4, problem);

    [TestCase("mov.u32 %r1 %r2;", "found '%r2', expected ',' or ';' after the operands of mov.u32")]
    [TestCase("mov.u32 %r1,;", "found ';', expected an operand")]
    [TestCase("mov.u32 %r1, {%r2;", "found ';', expected '}'")]
    [TestCase("mov.u32 %r1, {};", "found '}', expected an operand")]
    [TestCase("ld.u32 %r1, [%r2-8];", "found '-', expected ']'")]
    [TestCase("ld.u32 %r1, [16];", "found '16', expected a register or variable")]
    [TestCase("ld.u32 %r1, [a+1.5];", "a number with a fraction")]
    [TestCase("ld.u32 %r1, [a, b];", "found 'b', expected '{'")]
    [TestCase("@5 ret;", "found '5', expected a predicate")]
    [TestCase("@p;", "found ';', expected an instruction")]
    [TestCase("= 5;", "found '=', expected a statement")]
    [TestCase(".version 8.8;", "found '.version', expected a declaration")]
    [TestCase("L: .calltargets f;", "found '.calltargets', expected")]
    [TestCase("call (r) f;", "found 'f', expected ','")]
    [TestCase("call 5;", "found '5', expected a function")]
    [TestCase("call f, (a;", "found ';', expected ')'")]
    [TestCase(".reg .b32 %r<0>;", "found '0', expected a number of registers")]
    [TestCase(".reg .b32 %r<4;", "found ';', expected '>'")]
    [TestCase(".loc 1 x 5", "found 'x', expected a line number")]
    [TestCase("mov.b32 a, 089;", "'089' is no number of base 8")]
    [TestCase("mov.b32 a, 0x;", "'0x' is no number of base 16")]
    [TestCase("mov.b32 a, 12ab;", "'12ab' is no number of base 10")]
    [TestCase("mov.b64 a, 18446744073709551616;", "needs more than 64 bits")]
    [TestCase("mov.f32 a, 0f3F8;", "'0f3F8' does not have the 8 hexadecimal digits")]
    [TestCase("mov.f64 a, 0dX000000000000000;", "the 16 hexadecimal digits")]
    [TestCase("mov.f32 a, 1e999;", "is no decimal number")]
    [TestCase("mov.f32 a, 1.5f;", "is no decimal number")]
    [TestCase("mov.b32 a, 1 / 0;", "'/' of a constant expression got a division by zero")]
    [TestCase("mov.b32 a, 1.5 % 2;", "'%' of a constant expression got a number with a fraction")]
    [TestCase("mov.b32 a, ~1.5;", "'~' of a constant expression got a number with a fraction")]
    [TestCase("mov.b32 a, (1;", "found ';', expected ')'")]
    [TestCase("mov.b32 a, 1 ? 2;", "found ';', expected ':'")]
    [TestCase("mov.b32 a, (.f32)1;", "found '.f32', expected '.s64'")]
    [TestCase("mov.b32 a, 1 + b;", "found 'b', expected a constant")]
    public void A_wrong_body_is_an_error(string text, string problem) => Check($"{Walk.Head}.entry k() {{\n{text}\n}}", 5, problem);

    [Test]
    public void Nests_have_a_bound()
    {
        const int Deep = 200_000;
        string head = $"{Walk.Head}.entry k() {{\n";
        Check(head + new string('{', Deep), 5, "nested more than");
        Check($"{head}mov.b32 a, {new string('(', Deep)}", 5, "nested more than");
        Check($"{head}mov.b32 a, {new string('-', Deep)}", 5, "nested more than");
        Check($"{head}mov.b32 a, {string.Concat(Enumerable.Repeat("1?", Deep))}", 5, "nested more than");
        Check($"{Walk.Head}.global .u8 x{string.Concat(Enumerable.Repeat("[1]", Deep))} = {new string('{', Deep)}", 4, "dimensions");
    }

    [Test]
    public void Mutated_samples_are_modules_or_errors()
    {
        string[] names = ["calls.sm_80", "local_const.sm_90", "hopper_zoo.sm_90a", "templ_name.sm_120", "atomics_zoo.sm_90"];
        byte[][] seeds = [.. names.Select(name => File.ReadAllBytes(Repository.Reference($"ptx/{name}.ptx")))];
        FuzzTarget target = new("PTX", seeds, bytes => PtxParser.Parse(Encoding.Latin1.GetString(bytes)), error => error is PtxException)
        {
            Cases = 3000,
            ConstantBytes = 3_000_000,                               // the zeros that nested braces may leave out
            Factor = 256,
        };
        FuzzRun run = FuzzRun.Of(target);
        Assert.That(run.Loaded, Is.InRange(1, target.Cases - 100), "some mutations load, some do not");
    }

    private static void Check(string text, int line, string problem)
    {
        PtxException? error = Assert.Throws<PtxException>(() => PtxParser.Parse(text));
        Assert.That(error!.Message, Does.StartWith($"PTX line {line}: ").And.Contain(problem));
        Assert.That(error.Message.Length, Is.LessThan(250));
    }
}
