using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>How a comparison joins a third predicate: <c>setp.lt.and p|q, a, b, c</c>.</summary>
/// <param name="Operator"><c>and</c>, <c>or</c>, <c>xor</c>, or empty for none.</param>
/// <param name="Predicate">Offset of the third predicate.</param>
/// <param name="Flip">All ones where it is negated.</param>
internal sealed unsafe record PredicateCombination(string Operator, int Predicate, uint Flip)
{
    /// <summary>No third predicate.</summary>
    public static readonly PredicateCombination None = new("", 0, 0);

    /// <summary>The combined value.</summary>
    public uint Join(Warp warp, uint value)
    {
        if (Operator.Length == 0) return value;
        uint third = *(uint*)(warp.Registers + Predicate) ^ Flip;
        return Operator switch { "and" => value & third, "or" => value | third, _ => value ^ third };
    }

    /// <summary>Writes both results for the active lanes; an offset below 0 is nobody's.</summary>
    public void Write(Warp warp, int p, int q, uint value) => Write(warp, p, q, value, ~value);

    /// <summary>Writes two values, each combined, for the active lanes.</summary>
    public void Write(Warp warp, int p, int q, uint first, uint second)
    {
        uint x = Join(warp, first), y = Join(warp, second);      // before any is written: p may be the third predicate
        if (p >= 0) warp.WritePredicate(p, x);
        if (q >= 0) warp.WritePredicate(q, y);
    }
}
