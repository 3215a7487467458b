namespace Ditto.Emulation.Numerics;

/// <summary>Comparisons of setp and set on floating-point operands.</summary>
internal enum FloatComparison
{
    /// <summary>Equal and ordered.</summary>
    Eq,

    /// <summary>Different and ordered: false on NaN.</summary>
    Ne,

    /// <summary>Less.</summary>
    Lt,

    /// <summary>Less or equal.</summary>
    Le,

    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Greater or equal.</summary>
    Ge,

    /// <summary>Equal or unordered.</summary>
    Equ,

    /// <summary>Different or unordered.</summary>
    Neu,

    /// <summary>Less or unordered.</summary>
    Ltu,

    /// <summary>Less or equal or unordered.</summary>
    Leu,

    /// <summary>Greater or unordered.</summary>
    Gtu,

    /// <summary>Greater or equal or unordered.</summary>
    Geu,

    /// <summary>Neither is NaN.</summary>
    Num,

    /// <summary>Either is NaN.</summary>
    Nan,
}

/// <summary>Evaluates a <see cref="FloatComparison"/>; narrower formats widen first, which is exact.</summary>
internal static class FloatComparer
{
    /// <summary>True where "a comparison b" holds.</summary>
    public static bool Compare(FloatComparison comparison, double a, double b) => comparison switch
    {
        FloatComparison.Eq => a == b,
        FloatComparison.Ne => a < b || a > b,
        FloatComparison.Lt => a < b,
        FloatComparison.Le => a <= b,
        FloatComparison.Gt => a > b,
        FloatComparison.Ge => a >= b,
        FloatComparison.Equ => !(a < b || a > b),
        FloatComparison.Neu => a != b,
        FloatComparison.Ltu => !(a >= b),
        FloatComparison.Leu => !(a > b),
        FloatComparison.Gtu => !(a <= b),
        FloatComparison.Geu => !(a < b),
        FloatComparison.Num => !double.IsNaN(a) && !double.IsNaN(b),
        FloatComparison.Nan => double.IsNaN(a) || double.IsNaN(b),
        _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "a comparison of floating-point numbers was expected"),
    };
}
