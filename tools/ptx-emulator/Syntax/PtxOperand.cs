namespace Ditto.Emulation.Syntax;

/// <summary>An operand of an instruction.</summary>
internal abstract record PtxOperand;

/// <summary>A register, special register (<c>%tid.x</c>), variable, label or function; <c>!p</c> sets <paramref name="Negated"/>.</summary>
internal sealed record PtxName(string Name, bool Negated = false) : PtxOperand;

/// <summary>A number. Integers are sign-extended to 64 bits; <c>0f</c> literals keep their 32 bits, <c>0d</c> and decimals are f64 bits.</summary>
internal sealed record PtxNumber(ulong Bits, PtxNumberKind Kind) : PtxOperand;

/// <summary><c>[base + offset]</c>; for tensor copies <c>[map, {c0, c1}]</c> with coordinates.</summary>
internal sealed record PtxAddress(string Base, long Offset, IReadOnlyList<PtxOperand>? Coordinates = null) : PtxOperand;

/// <summary><c>{a, b, c, d}</c>.</summary>
internal sealed record PtxVector(IReadOnlyList<PtxOperand> Elements) : PtxOperand;

/// <summary>Two destinations: <c>d|p</c>.</summary>
internal sealed record PtxPair(PtxOperand First, PtxOperand Second) : PtxOperand;

/// <summary><c>_</c>: a result that nobody wants.</summary>
internal sealed record PtxDiscard : PtxOperand;

/// <summary><c>symbol + offset</c> as a value, in <c>mov</c>.</summary>
internal sealed record PtxSymbolOffset(string Symbol, long Offset) : PtxOperand;
