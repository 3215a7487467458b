namespace Ditto.Emulation.Syntax;

/// <summary>A kernel or function.</summary>
/// <param name="Name">Its name in the text.</param>
/// <param name="Line">Where it stands, from 1.</param>
/// <param name="IsEntry"><c>.entry</c>, else <c>.func</c>.</param>
/// <param name="Returns">What a function returns, in parameter space.</param>
/// <param name="Parameters">In parameter space, in order.</param>
/// <param name="Body">Statements; null for a declaration.</param>
/// <param name="MaxThreads">The product of <c>.maxntid</c> or <c>.reqntid</c>; 0 where not given.</param>
internal sealed record PtxFunction(
    string Name, int Line, bool IsEntry, IReadOnlyList<PtxVariable> Returns, IReadOnlyList<PtxVariable> Parameters, PtxScope? Body, int MaxThreads);
