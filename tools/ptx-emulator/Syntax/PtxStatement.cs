namespace Ditto.Emulation.Syntax;

/// <summary>A statement of a body.</summary>
/// <param name="Line">Where it stands in the text, from 1.</param>
internal abstract record PtxStatement(int Line);

/// <summary><c>{ ... }</c>: names declared inside end with it.</summary>
internal sealed record PtxScope(int Line, IReadOnlyList<PtxStatement> Statements) : PtxStatement(Line);

/// <summary>A label: <c>$L__BB0_2:</c>.</summary>
internal sealed record PtxLabel(int Line, string Name) : PtxStatement(Line);

/// <summary><c>.reg</c>, <c>.local</c>, <c>.shared</c> or <c>.param</c> inside a body.</summary>
internal sealed record PtxDeclaration(int Line, PtxVariable Variable) : PtxStatement(Line);

/// <summary><c>name: .branchtargets a, b;</c></summary>
internal sealed record PtxBranchTargets(int Line, string Name, IReadOnlyList<string> Labels) : PtxStatement(Line);

/// <summary><c>name : .callprototype (.param .b32 _) _ (.param .b64 _);</c></summary>
internal sealed record PtxCallPrototype(
    int Line, string Name, IReadOnlyList<PtxVariable> Returns, IReadOnlyList<PtxVariable> Parameters) : PtxStatement(Line);

/// <summary>
/// An instruction. <c>call</c> has operands in the order: returns as a vector (may be empty), callee, arguments as a vector, prototype if any.
/// </summary>
/// <param name="Line">Where it stands in the text, from 1.</param>
/// <param name="Guard">The predicate of <c>@p</c>; null without one.</param>
/// <param name="GuardNegated">Written <c>@!p</c>.</param>
/// <param name="Opcode">What stands before the first dot: <c>ld</c>, <c>mma</c>.</param>
/// <param name="Modifiers">The parts behind the dots, in order, without dots: <c>shared::cta</c> and <c>L2::128B</c> are one each.</param>
/// <param name="Operands">In order.</param>
/// <param name="Source">The CUDA source line that <c>.loc</c> gave; null without one.</param>
internal sealed record PtxInstruction(
    int Line, string? Guard, bool GuardNegated, string Opcode, IReadOnlyList<string> Modifiers, IReadOnlyList<PtxOperand> Operands,
    PtxSourceLine? Source) : PtxStatement(Line)
{
    /// <summary>The instruction's name with its modifiers, for messages: <c>ld.global.f32</c>.</summary>
    public string FullName => Modifiers.Count == 0 ? Opcode : $"{Opcode}.{string.Join('.', Modifiers)}";
}
