namespace Ditto.Emulation.Syntax;

/// <summary>What a token is.</summary>
internal enum PtxTokenKind : byte
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A name: <c>%r1</c>, <c>$L__BB0_2</c>, <c>ld</c>, <c>_</c>.</summary>
    Identifier,

    /// <summary>A directive, type or modifier with its dot: <c>.reg</c>, <c>.2d</c>, <c>.shared::cta</c>.</summary>
    Dotted,

    /// <summary>An integer of any base.</summary>
    Integer,

    /// <summary><c>0fXXXXXXXX</c>.</summary>
    Single,

    /// <summary><c>0dXXXXXXXXXXXXXXXX</c> or decimal with a point or exponent.</summary>
    Double,

    /// <summary>A quoted text.</summary>
    Text,

    /// <summary>Punctuation or an operator of one or two characters.</summary>
    Mark,
}

/// <summary>A token: a piece of the text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mark">For a mark its characters, the first of two in the high byte; else 0.</param>
/// <param name="Start">Where it begins in the text.</param>
/// <param name="Length">In characters.</param>
/// <param name="Line">From 1.</param>
/// <param name="Bits">The value of a number.</param>
/// <param name="IsUnsigned">An integer that was written with <c>U</c> or that needs all 64 bits.</param>
internal readonly record struct PtxToken(PtxTokenKind Kind, ushort Mark, int Start, int Length, int Line, ulong Bits, bool IsUnsigned)
{
    /// <summary>Where it ends in the text.</summary>
    public int End => Start + Length;

    /// <summary>Whether it is this punctuation.</summary>
    public bool Is(char mark) => Mark == mark;

    /// <summary>The code of a mark of one or two characters.</summary>
    public static ushort Code(string mark) => mark.Length == 1 ? mark[0] : (ushort)((mark[0] << 8) | mark[1]);
}
