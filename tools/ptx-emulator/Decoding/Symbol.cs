using Ditto.Emulation.Instructions;

namespace Ditto.Emulation.Decoding;

/// <summary>What a name stands for inside a function.</summary>
internal abstract record Symbol;

/// <summary>A register. 16-bit ones have a 32-bit row whose upper halves are zero; predicates are one 32-bit mask.</summary>
/// <param name="Offset">In the register file.</param>
/// <param name="Bits">1 for a predicate, 16, 32, 64 or 128 (two 64-bit rows).</param>
internal sealed record RegisterSymbol(int Offset, int Bits) : Symbol
{
    /// <summary>Its row.</summary>
    public Row Row => new(Offset, Bits == 64);
}

/// <summary>A variable of a thread's local memory.</summary>
internal sealed record LocalSymbol(int Offset) : Symbol;

/// <summary>A variable of the block's shared memory.</summary>
internal sealed record SharedSymbol(int Offset) : Symbol;

/// <summary>A kernel's argument.</summary>
internal sealed record ArgumentSymbol(int Offset) : Symbol;

/// <summary>A parameter of a function or a call site, in the frame's parameter memory.</summary>
internal sealed record CallParameterSymbol(int Offset, int Bytes) : Symbol;

/// <summary>A module variable in device memory.</summary>
internal sealed record GlobalSymbol(ulong Address) : Symbol;

/// <summary>A function, by its number.</summary>
internal sealed record FunctionSymbol(string Name, ulong Address) : Symbol;

/// <summary>A label; its place is known when the function is decoded.</summary>
internal sealed record LabelSymbol : Symbol
{
    /// <summary>Position in the code.</summary>
    public int Index { get; set; } = -1;
}

/// <summary>A list of labels for <c>brx.idx</c>.</summary>
internal sealed record TargetsSymbol(IReadOnlyList<string> Labels) : Symbol;

/// <summary>A prototype for calls through addresses.</summary>
internal sealed record PrototypeSymbol : Symbol;
