using Ditto.Emulation.Instructions;
using Ditto.Emulation.Instructions.Operators;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary><c>setp</c>, <c>set</c>, <c>selp</c>, <c>slct</c>; 16-bit floats are handed to <see cref="HalfDecoder"/>.</summary>
internal static class CompareDecoder
{
    /// <summary>Adds the opcodes.</summary>
    public static void Register(Dictionary<string, Action<FunctionDecoder, PtxInstruction>> all)
    {
        all["setp"] = SetPredicate;
        all["set"] = Set;
        all["selp"] = Select;
        all["slct"] = SelectBySign;
    }

    /// <summary>How a <c>setp</c> joins a third predicate.</summary>
    public static PredicateCombination Combination(FunctionDecoder f, PtxInstruction i)
    {
        if (i.Operands.Count < 4) return PredicateCombination.None;
        (int third, uint flip) = f.Predicate(i.Operands[3]);
        return new PredicateCombination(i.Modifiers.First(modifier => modifier is "and" or "or" or "xor"), third, flip);
    }

    /// <summary>The offsets of the one or two predicates that an instruction writes; below 0 for none.</summary>
    public static (int P, int Q) Destinations(FunctionDecoder f, PtxOperand operand) => operand is PtxPair pair
        ? (f.PredicateDestination(pair.First), f.PredicateDestination(pair.Second)) : (f.PredicateDestination(operand), -1);

    private static void SetPredicate(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        if (type.IsHalf)
        {
            HalfDecoder.Decode(f, i, type);
            return;
        }
        (int p, int q) = Destinations(f, i.Operands[0]);
        PredicateCombination combination = Combination(f, i);
        (int a, int b) = Operands(f, i, type);
        f.Emit(Compare(f, i.Modifiers[0], type, p, q, a, b, combination));
    }

    private static (int A, int B) Operands(FunctionDecoder f, PtxInstruction i, ScalarType type)
    {
        int a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        if (i.Has("ftz"))
        {
            a = ArithmeticDecoder.Flush(f, a);
            b = ArithmeticDecoder.Flush(f, b);
        }
        if (type.Width != 16 || !type.IsSigned) return (a, b);
        return (High(f, a), High(f, b));                 // signed 16 bits compare as the high half of 32
    }

    private static int High(FunctionDecoder f, int a)
    {
        int shifted = f.NewRow(false);
        f.Emit(new Binary<uint, ShiftLeft32>(InstructionClass.Integer, shifted, a, f.Constant(16, false)));
        return shifted;
    }

    private static Instruction Compare(FunctionDecoder f, string cmp, ScalarType type, int p, int q, int a, int b, PredicateCombination with) =>
        (type.IsFloat, type.Width, type.IsSigned) switch
        {
            (true, 32, _) => Float<float>(f, cmp, p, q, a, b, with),
            (true, _, _) => Float<double>(f, cmp, p, q, a, b, with),
            (_, 64, true) => Integer<long>(f, cmp, p, q, a, b, with),
            (_, 64, false) => Integer<ulong>(f, cmp, p, q, a, b, with),
            (_, _, true) => Integer<int>(f, cmp, p, q, a, b, with),
            _ => Integer<uint>(f, cmp, p, q, a, b, with),
        };

    private static Instruction Integer<T>(FunctionDecoder f, string cmp, int p, int q, int a, int b, PredicateCombination with)
        where T : unmanaged => cmp switch
        {
            "eq" => new SetPredicate<T, Equal<T>>(p, q, a, b, with),
            "ne" => new SetPredicate<T, NotEqual<T>>(p, q, a, b, with),
            "lt" or "lo" => new SetPredicate<T, Less<T>>(p, q, a, b, with),
            "le" or "ls" => new SetPredicate<T, LessOrEqual<T>>(p, q, a, b, with),
            "gt" or "hi" => new SetPredicate<T, Greater<T>>(p, q, a, b, with),
            "ge" or "hs" => new SetPredicate<T, GreaterOrEqual<T>>(p, q, a, b, with),
            _ => throw f.Unsupported($"comparison .{cmp} of integers"),
        };

    private static Instruction Float<T>(FunctionDecoder f, string cmp, int p, int q, int a, int b, PredicateCombination with)
        where T : unmanaged => cmp switch
        {
            "eq" => new SetPredicate<T, Equal<T>>(p, q, a, b, with),
            "ne" => new SetPredicate<T, NotEqualNumbers<T>>(p, q, a, b, with),
            "lt" => new SetPredicate<T, Less<T>>(p, q, a, b, with),
            "le" => new SetPredicate<T, LessOrEqual<T>>(p, q, a, b, with),
            "gt" => new SetPredicate<T, Greater<T>>(p, q, a, b, with),
            "ge" => new SetPredicate<T, GreaterOrEqual<T>>(p, q, a, b, with),
            "equ" => new SetPredicate<T, EqualOrNaN<T>>(p, q, a, b, with),
            "neu" => new SetPredicate<T, NotEqual<T>>(p, q, a, b, with),
            "ltu" => new SetPredicate<T, LessOrNaN<T>>(p, q, a, b, with),
            "leu" => new SetPredicate<T, LessOrEqualOrNaN<T>>(p, q, a, b, with),
            "gtu" => new SetPredicate<T, GreaterOrNaN<T>>(p, q, a, b, with),
            "geu" => new SetPredicate<T, GreaterOrEqualOrNaN<T>>(p, q, a, b, with),
            "num" => new SetPredicate<T, BothNumbers<T>>(p, q, a, b, with),
            "nan" => new SetPredicate<T, AnyNaN<T>>(p, q, a, b, with),
            _ => throw f.Unsupported($"comparison .{cmp} of floats"),
        };

    private static void Set(FunctionDecoder f, PtxInstruction i)
    {
        List<ScalarType> types = i.Types();
        if (types.Count != 2) throw f.Unsupported("two types are needed");
        if (types[1].IsHalf || types[0].IsHalf)
        {
            HalfDecoder.Decode(f, i, types[1]);
            return;
        }
        (int a, int b) = Operands(f, i, types[1]);
        int p = f.NewRow(false);
        f.Emit(Compare(f, i.Modifiers[0], types[1], p, -1, a, b, Combination(f, i)));
        int yes = f.Constant(types[0].IsFloat ? BitConverter.SingleToUInt32Bits(1) : uint.MaxValue, false);
        f.Emit(new Select<uint>(f.Destination(i.Operands[0], types[0]), yes, f.Constant(0, false), p, 0));
    }

    private static void Select(FunctionDecoder f, PtxInstruction i)
    {
        ScalarType type = i.LastType(f);
        (int p, uint flip) = f.Predicate(i.Operands[3]);
        int d = f.Destination(i.Operands[0], type), a = f.Source(i.Operands[1], type), b = f.Source(i.Operands[2], type);
        f.Emit(type.Width == 64 ? new Select<ulong>(d, a, b, p, flip) : new Select<uint>(d, a, b, p, flip));
    }

    private static void SelectBySign(FunctionDecoder f, PtxInstruction i)
    {
        List<ScalarType> types = i.Types();
        if (types.Count != 2) throw f.Unsupported("two types are needed");
        int c = f.Source(i.Operands[3], types[1]), zero = f.Constant(0, false), p = f.NewRow(false);
        f.Emit(types[1].IsFloat
            ? new SetPredicate<float, GreaterOrEqual<float>>(p, -1, c, zero, PredicateCombination.None)
            : new SetPredicate<int, GreaterOrEqual<int>>(p, -1, c, zero, PredicateCombination.None));
        int d = f.Destination(i.Operands[0], types[0]), a = f.Source(i.Operands[1], types[0]), b = f.Source(i.Operands[2], types[0]);
        f.Emit(types[0].Width == 64 ? new Select<ulong>(d, a, b, p, 0) : new Select<uint>(d, a, b, p, 0));
    }
}
