namespace Ditto.Emulation.Syntax;

/// <summary>How a number was written.</summary>
internal enum PtxNumberKind
{
    /// <summary>Decimal, <c>0x</c>, octal or <c>0b</c>, or a constant expression.</summary>
    Integer,

    /// <summary><c>0fXXXXXXXX</c>.</summary>
    Single,

    /// <summary><c>0dXXXXXXXXXXXXXXXX</c>, or decimal with a point.</summary>
    Double,
}
