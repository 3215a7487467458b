using Ditto.Interop;

namespace Ditto.Emulation.Syntax;

/// <summary>PTX that cannot be read or executed here: says what, in which line.</summary>
/// <param name="line">From 1.</param>
/// <param name="problem">What is wrong, with the text that was found.</param>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
internal sealed class PtxException(int line, string problem) : DittoException(FormattableString.Invariant($"PTX line {line}: {problem}"));
#pragma warning restore RCS1194
