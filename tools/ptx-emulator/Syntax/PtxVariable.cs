namespace Ditto.Emulation.Syntax;

/// <summary>A declared register, parameter or piece of memory.</summary>
/// <param name="Name">Its name; for a register range <c>%r&lt;17&gt;</c> the stem <c>%r</c>.</param>
/// <param name="Line">Where it stands, from 1.</param>
/// <param name="Space"><c>reg</c>, <c>param</c>, <c>global</c>, <c>const</c>, <c>shared</c> or <c>local</c>.</param>
/// <param name="Type">Of an element, without the dot: <c>b32</c>, <c>f32</c>, <c>pred</c>, ...</param>
/// <param name="VectorWidth">1, or 2 or 4 for <c>.v2</c>, <c>.v4</c>.</param>
/// <param name="Alignment">In bytes; the type's own where not written.</param>
/// <param name="ElementCount">Array elements (all dimensions multiplied), 1 for a scalar, 0 for an array of open length.</param>
/// <param name="RegisterCount">For a range, how many registers; 0 for a single name.</param>
/// <param name="Initializer">Element values in order, trailing zeros left out; null without one.</param>
/// <param name="IsExtern">Declared <c>.extern</c>.</param>
internal sealed record PtxVariable(
    string Name, int Line, string Space, string Type, int VectorWidth, int Alignment, int ElementCount, int RegisterCount,
    IReadOnlyList<PtxInitializer>? Initializer, bool IsExtern);
