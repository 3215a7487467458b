using Ditto.Emulation.Instructions;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;
using static System.FormattableString;

namespace Ditto.Emulation.Decoding;

/// <summary><c>mma</c>, <c>ldmatrix</c>, <c>stmatrix</c>, <c>movmatrix</c>: the forms of sm_80 to sm_90.</summary>
internal static class TensorDecoder
{
    private static readonly ScalarType B64 = new("b", 64);
    private static readonly FragmentFormat Half = new FragmentFormat<HalfFragment>(), Brain = new FragmentFormat<BrainFragment>();
    private static readonly FragmentFormat Tensor = new FragmentFormat<TensorFloatFragment>(), Bits = new FragmentFormat<BitFragment>();
    private static readonly FragmentFormat E4M3 = new FragmentFormat<E4M3Fragment>(), E5M2 = new FragmentFormat<E5M2Fragment>();
    private static readonly FragmentFormat S8 = new FragmentFormat<SignedByteFragment>(), U8 = new FragmentFormat<ByteFragment>();
    private static readonly FragmentFormat S4 = new FragmentFormat<SignedNibbleFragment>(), U4 = new FragmentFormat<NibbleFragment>();

    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["mma"] = Multiply;
        all["ldmatrix"] = (f, i) => Transfer(f, i, isLoad: true);
        all["stmatrix"] = (f, i) => Transfer(f, i, isLoad: false);
        all["movmatrix"] = Transpose;
    }

    private static void Multiply(FunctionDecoder f, PtxInstruction i)
    {
        List<ScalarType> types = i.Types();
        (int m, int n, int k) = Shape(f, i);
        if (types.Count != 4) throw f.Unsupported(Invariant($"{types.Count} types; expected are those of D, A, B and C"));
        if ((m, n, k) == (8, 8, 4) && types[1].ToString() == "f16")
        {
            MultiplyQuadPairs(f, i, types);
            return;
        }
        Require(f, i, [.. i.Modifiers.Where(modifier => !ScalarType.TryParse(modifier, out ScalarType _)).Except(["xor", "and", "popc",
            "satfinite"])],
            ["sync", "aligned", Invariant($"m{m}n{n}k{k}"), "row", "col"]);
        if (types[0] != types[3]) throw f.Unsupported($"D is {types[0]} and C {types[3]}; they must be alike");
        if (n != 8) throw f.Unsupported("n must be 8");
        if (types[1].Kind == "f" && types[1].Bits == 64)
        {
            MultiplyDoubles(f, i, types, m, k);
            return;
        }
        TensorShape shape = Shape(f, i, types, m, k);
        ScalarType sum = shape.Accumulator == TensorAccumulator.Single ? ScalarType.F32 : ScalarType.B32;
        Row[] a = Sources(f, i.Operands[1], ScalarType.B32, shape.ARegisters, "A"), b = Sources(f, i.Operands[2], ScalarType.B32, shape.BRegisters,
            "B");
        Row[] c = Sources(f, i.Operands[3], sum, shape.CRegisters, "C");
        f.Emit(new TensorProduct(shape, [.. a, .. b, .. c], Results(f, i.Operands[0], sum, shape.CRegisters)));
    }

    private static void MultiplyQuadPairs(FunctionDecoder f, PtxInstruction i, List<ScalarType> types)
    {
        string[] layouts = [.. i.Modifiers.Where(modifier => modifier is "row" or "col")];
        Require(f, i, [.. i.Modifiers.Where(modifier => !ScalarType.TryParse(modifier, out ScalarType _))],
            ["sync", "aligned", "m8n8k4", .. layouts]);
        (string d, string b, string c) = (types[0].ToString(), types[2].ToString(), types[3].ToString());
        bool fits = layouts.Length == 2 && b == "f16" && (d, c) is ("f16", "f16") or ("f32", "f32") or ("f32", "f16");
        if (!fits) throw f.Unsupported($"D {d}, B {b}, C {c} and {layouts.Length} layouts; f16 or f32 from f16, with .row or .col of A and of B");
        bool halfC = c == "f16", halfD = d == "f16";
        Row[] Operand(int n, bool isHalf, int count) =>
            Sources(f, i.Operands[n], isHalf ? ScalarType.B32 : ScalarType.F32, count, "DABC"[n..(n + 1)]);
        Row[] sources =
        [
            .. Operand(1, true, QuadPairProduct.Registers), .. Operand(2, true, QuadPairProduct.Registers),
            .. Operand(3, halfC, QuadPairProduct.SumRegisters(halfC)),
        ];
        Row[] results = Results(f, i.Operands[0], halfD ? ScalarType.B32 : ScalarType.F32, QuadPairProduct.SumRegisters(halfD));
        f.Emit(new QuadPairProduct(layouts[0] == "row", layouts[1] == "row", halfC, halfD, sources, results));
    }

    private static TensorShape Shape(FunctionDecoder f, PtxInstruction i, List<ScalarType> types, int m, int k)
    {
        string a = types[1].ToString(), b = types[2].ToString(), sum = types[0].ToString();
        FragmentFormat first = Format(f, a), second = Format(f, b);
        bool isBits = first == Bits, isInteger = isBits || types[1].IsInteger, isMixable = first.PerRegister >= 4;
        if (first.PerRegister != second.PerRegister || isInteger != types[2].IsInteger || (!isMixable && first != second))
            throw f.Unsupported($"A is {a} and B {b}: they cannot be multiplied");
        TensorAccumulator accumulator = sum switch
        {
            "f32" when !isInteger => TensorAccumulator.Single,
            "f16" when first == Half || first == E4M3 || first == E5M2 => TensorAccumulator.Half,
            "s32" when isBits => i.Has("and") ? TensorAccumulator.BitsAnd : TensorAccumulator.BitsXor,
            "s32" when isInteger => i.Has("satfinite") ? TensorAccumulator.SaturatedInteger : TensorAccumulator.Integer,
            _ => throw f.Unsupported($"sums of {a} in {sum}"),
        };
        if (i.Has("satfinite") && accumulator != TensorAccumulator.SaturatedInteger) throw f.Unsupported("satfinite is for s8, u8, s4 and u4");
        if (isBits != i.Has("popc") || isBits != (i.Has("and")
            || i.Has("xor"))) throw f.Unsupported("b1 needs and.popc or xor.popc, which others have not");
        int e = isBits ? 32 : first.PerRegister, depth = isBits ? k / 32 : k;
        bool fits = m == 16 ? k == 8 * e || k == 4 * e : m == 8 && isInteger && k == 4 * e;
        if (!fits) throw f.Unsupported(Invariant($"m{m}n8k{k} of {a}"));
        return new TensorShape(m, depth, first, second, accumulator, 2 * m * 8 * k);
    }

    private static FragmentFormat Format(FunctionDecoder f, string type) => type switch
    {
        "f16" => Half,
        "bf16" => Brain,
        "tf32" => Tensor,
        "e4m3" or "e4m38" => E4M3,
        "e5m2" or "e5m28" => E5M2,
        "s8" => S8,
        "u8" => U8,
        "s4" => S4,
        "u4" => U4,
        "b1" => Bits,
        _ => throw f.Unsupported($"matrices of {type}"),
    };

    private static void MultiplyDoubles(FunctionDecoder f, PtxInstruction i, List<ScalarType> types, int m, int k)
    {
        if (types.Any(type => type != types[0])) throw f.Unsupported("f64 is multiplied with f64");
        if (!((m == 8 && k == 4) || (m == 16 && k is 4 or 8 or 16))) throw f.Unsupported(Invariant($"m{m}n8k{k} of f64"));
        int a = m / 8 * (k / 4), c = m / 4;
        Row[] sources = [.. Sources(f, i.Operands[1], B64, a, "A"), .. Sources(f, i.Operands[2], B64, k / 4, "B"), .. Sources(f, i.Operands[3], B64,
            c, "C")];
        f.Emit(new DoubleTensorProduct(m, k, Rounding.NearestEven, sources, Results(f, i.Operands[0], B64, c)));
    }

    private static void Transfer(FunctionDecoder f, PtxInstruction i, bool isLoad)
    {
        int count = i.Has("x4") ? 4 : i.Has("x2") ? 2 : 1;
        string[] optional = ["trans", "shared", "shared::cta"];
        Require(f, i, [.. i.Modifiers.Except(optional)], ["sync", "aligned", "m8n8", Invariant($"x{count}"), "b16"]);
        bool transposes = i.Has("trans");
        PtxOperand registers = i.Operands[isLoad ? 0 : 1], address = i.Operands[isLoad ? 1 : 0];
        MemoryOperand at = MemoryDecoder.Operand(f, address, MemoryDecoder.Space(i));
        f.Emit(isLoad
            ? new MatrixLoad(at, Results(f, registers, ScalarType.B32, count), transposes)
            : new MatrixStore(at, Sources(f, registers, ScalarType.B32, count, "the matrix list"), transposes));
    }

    private static void Transpose(FunctionDecoder f, PtxInstruction i)
    {
        Require(f, i, i.Modifiers, ["sync", "aligned", "m8n8", "trans", "b16"]);
        f.Emit(new MatrixTranspose(f.DestinationRow(i.Operands[0], ScalarType.B32), f.SourceRow(i.Operands[1], ScalarType.B32)));
    }

    private static (int M, int N, int K) Shape(FunctionDecoder f, PtxInstruction i)
    {
        foreach (string modifier in i.Modifiers)
        {
            string[] parts = modifier.Split('m', 'n', 'k');
            if (parts.Length == 4 && parts[0].Length == 0 && int.TryParse(parts[1], out int m) && int.TryParse(parts[2], out int n)
                && int.TryParse(parts[3], out int k))
                return (m, n, k);
        }
        throw f.Unsupported("no shape is named");
    }

    private static void Require(FunctionDecoder f, PtxInstruction i, IReadOnlyList<string> found, string[] wanted)
    {
        string? strange = found.FirstOrDefault(modifier => !wanted.Contains(modifier));
        if (strange is not null) throw f.Unsupported($".{strange} is not supported here");
        string? missing = wanted.FirstOrDefault(modifier => !found.Contains(modifier));
        if (missing is not null) throw f.Unsupported($".{missing} is missing");
    }

    private static Row[] Sources(FunctionDecoder f, PtxOperand operand, ScalarType type, int count, string name)
    {
        IReadOnlyList<PtxOperand> elements = operand is PtxVector vector ? vector.Elements : [operand];
        return elements.Count == count ? [.. elements.Select(element => f.SourceRow(element, type))]
            : throw f.Unsupported(Invariant($"{name} has {elements.Count} registers; expected are {count}"));
    }

    private static Row[] Results(FunctionDecoder f, PtxOperand operand, ScalarType type, int count)
    {
        IReadOnlyList<PtxOperand> elements = operand is PtxVector vector ? vector.Elements : [operand];
        return elements.Count == count ? [.. elements.Select(element => f.DestinationRow(element, type))]
            : throw f.Unsupported(Invariant($"{elements.Count} destination registers; expected are {count}"));
    }
}
