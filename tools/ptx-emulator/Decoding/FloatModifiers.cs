using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>What stands between the opcode and the types of an instruction on floats.</summary>
/// <param name="Rounding">The direction; null where none is written.</param>
/// <param name="Integral">The direction is one to integral values: <c>.rni</c>.</param>
/// <param name="Flush"><c>.ftz</c>: f32 (f16 in f16 arithmetic) denormals count as zeros of their sign.</param>
/// <param name="Saturate"><c>.sat</c>: floats to [0, 1], integers to the range of their type.</param>
/// <param name="Relu"><c>.relu</c>: negative results become +0.</param>
/// <param name="Finite"><c>.satfinite</c>: overflows and infinities become the largest finite number.</param>
/// <param name="PropagateNaN"><c>.NaN</c>: any NaN gives NaN.</param>
/// <param name="XorSign"><c>.xorsign</c>: the result's sign is the product of the operands' signs.</param>
/// <param name="Absolute"><c>.abs</c>: magnitudes are compared.</param>
/// <param name="Approximate"><c>.approx</c>.</param>
/// <param name="Full"><c>.full</c>.</param>
internal readonly record struct FloatModifiers(
    Rounding? Rounding, bool Integral, bool Flush, bool Saturate, bool Relu, bool Finite, bool PropagateNaN, bool XorSign, bool Absolute,
    bool Approximate, bool Full)
{
    /// <summary>Directions of an instruction that rounds to its format.</summary>
    public const string Directions = "rn rz rm rp";

    /// <summary>The direction, or to nearest where none is written.</summary>
    public Rounding RoundingOrNearest => Rounding ?? Numerics.Rounding.NearestEven;

    /// <summary>Reads an instruction's modifiers.</summary>
    /// <param name="f">For errors.</param>
    /// <param name="i">The instruction.</param>
    /// <param name="allowed">The modifiers it may have beside types, with spaces between them.</param>
    /// <param name="first">The first modifier to look at: 1 after a comparison's name.</param>
    /// <exception cref="PtxException">There is another one.</exception>
    public static FloatModifiers Parse(FunctionDecoder f, PtxInstruction i, string allowed, int first = 0)
    {
        string[] names = allowed.Split(' ');
        FloatModifiers result = default;
        foreach (string modifier in i.Modifiers.Skip(first))
        {
            if (ScalarType.TryParse(modifier, out ScalarType _)) continue;
            if (!names.Contains(modifier)) throw f.Unsupported($"modifier .{modifier} does not belong here; known: \"{allowed}\"");
            result = result.With(modifier);
        }
        return result;
    }

    /// <summary>The direction that must be written.</summary>
    /// <exception cref="PtxException">There is none.</exception>
    public Rounding Required(FunctionDecoder f) => Rounding ?? throw f.Unsupported("a rounding direction is missing, such as .rn");

    private FloatModifiers With(string modifier) => modifier switch
    {
        "rn" => this with { Rounding = Numerics.Rounding.NearestEven },
        "rz" => this with { Rounding = Numerics.Rounding.Zero },
        "rm" => this with { Rounding = Numerics.Rounding.Down },
        "rp" => this with { Rounding = Numerics.Rounding.Up },
        "rna" => this with { Rounding = Numerics.Rounding.NearestAway },
        "rni" => this with { Rounding = Numerics.Rounding.NearestEven, Integral = true },
        "rzi" => this with { Rounding = Numerics.Rounding.Zero, Integral = true },
        "rmi" => this with { Rounding = Numerics.Rounding.Down, Integral = true },
        "rpi" => this with { Rounding = Numerics.Rounding.Up, Integral = true },
        "ftz" => this with { Flush = true },
        "sat" => this with { Saturate = true },
        "relu" => this with { Relu = true },
        "satfinite" => this with { Finite = true },
        "NaN" => this with { PropagateNaN = true },
        "xorsign" => this with { XorSign = true },
        "abs" => this with { Absolute = true },
        "approx" => this with { Approximate = true },
        "full" => this with { Full = true },
        _ => this,
    };
}
