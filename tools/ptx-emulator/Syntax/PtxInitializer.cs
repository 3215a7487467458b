namespace Ditto.Emulation.Syntax;

/// <summary>One element of an initialiser: a number, or an address.</summary>
/// <param name="Bits">The element's bits; for an address the offset added to it.</param>
/// <param name="Symbol">The variable or function whose address it is; null for a number.</param>
/// <param name="IsGeneric">Written <c>generic(symbol)</c>: the address in the generic space.</param>
internal readonly record struct PtxInitializer(ulong Bits, string? Symbol, bool IsGeneric);
