using System.Globalization;

namespace Ditto.Emulation.Decoding;

/// <summary>A PTX type.</summary>
/// <param name="Kind">u, s, b, f, or bf for bfloat16, e for the 8-bit floats, p for predicates.</param>
/// <param name="Bits">Of one element.</param>
/// <param name="Count">Elements that one operand packs: 2 for <c>f16x2</c>.</param>
internal readonly record struct ScalarType(string Kind, int Bits, int Count = 1)
{
    /// <summary>f32.</summary>
    public static readonly ScalarType F32 = new("f", 32);

    /// <summary>b32.</summary>
    public static readonly ScalarType B32 = new("b", 32);

    /// <summary>Bits of an operand.</summary>
    public int Width => Bits * Count;

    /// <summary>Signed integer.</summary>
    public bool IsSigned => Kind == "s";

    /// <summary>f32, f64 or f16.</summary>
    public bool IsFloat => Kind == "f";

    /// <summary>f16 or bf16, packed or not.</summary>
    public bool IsHalf => Kind is "f" or "bf" && Bits == 16;

    /// <summary>No float, no predicate.</summary>
    public bool IsInteger => Kind is "u" or "s" or "b";

    /// <summary>Reads a modifier: <c>u32</c>, <c>f16x2</c>, <c>bf16</c>, <c>pred</c>, <c>e4m3x2</c>, <c>tf32</c>.</summary>
    /// <returns>False where it is no type.</returns>
    public static bool TryParse(string text, out ScalarType type)
    {
        type = default;
        if (text == "pred")
        {
            type = new ScalarType("p", 1);
            return true;
        }
        string core = text;
        int count = 1;
        if (text.Length > 2 && text[^2] == 'x' && char.IsAsciiDigit(text[^1]))
        {
            core = text[..^2];
            count = text[^1] - '0';
        }
        if (core is "e4m3" or "e5m2")
        {
            type = new ScalarType(core, 8, count);
            return true;
        }
        string kind = core.StartsWith("bf", StringComparison.Ordinal) ? "bf" : core.StartsWith("tf", StringComparison.Ordinal) ? "tf" : core[..1];
        if (kind is not ("u" or "s" or "b" or "f" or "bf" or "tf")) return false;
        if (!int.TryParse(core.AsSpan(kind.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)) return false;
        if (bits is not (4 or 8 or 16 or 32 or 64 or 128 or 1)) return false;
        type = new ScalarType(kind, bits, count);
        return true;
    }

    /// <summary>For example <c>f16x2</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Kind}{Bits}{(Count > 1 ? $"x{Count}" : "")}");
}
