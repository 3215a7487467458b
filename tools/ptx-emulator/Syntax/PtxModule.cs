namespace Ditto.Emulation.Syntax;

/// <summary>A parsed PTX module.</summary>
/// <param name="Version">Of the ISA, for example <c>8.8</c>.</param>
/// <param name="Target">For example <c>sm_90</c>.</param>
/// <param name="Variables">Module variables, in the order of the text: <c>.global</c>, <c>.const</c>, <c>.shared</c>, extern ones included.</param>
/// <param name="Functions">Entries, functions and declarations, in the order of the text.</param>
/// <param name="Files">The <c>.file</c> table: number to path.</param>
internal sealed record PtxModule(
    string Version, string Target, IReadOnlyList<PtxVariable> Variables, IReadOnlyList<PtxFunction> Functions,
    IReadOnlyDictionary<int, string> Files);
