namespace Ditto.Emulation.Syntax;

/// <summary>
/// Evaluates PTX constant expressions: C's operators and precedences on 64-bit integers, and arithmetic and comparisons on f64. An integer is
/// signed unless it was written with <c>U</c>, needs all 64 bits, or comes out of a bitwise operator.
/// </summary>
internal sealed class ConstantExpression
{
    private const int MaxDepth = 64;

    /// <summary>Binary operators by falling precedence.</summary>
    private static readonly ushort[][] Levels =
    [
        [.. new[] { "*", "/", "%" }.Select(PtxToken.Code)], [.. new[] { "+", "-" }.Select(PtxToken.Code)],
        [.. new[] { "<<", ">>" }.Select(PtxToken.Code)], [.. new[] { "<", ">", "<=", ">=" }.Select(PtxToken.Code)],
        [.. new[] { "==", "!=" }.Select(PtxToken.Code)], [PtxToken.Code("&")], [PtxToken.Code("^")], [PtxToken.Code("|")],
        [PtxToken.Code("&&")], [PtxToken.Code("||")],
    ];

    private readonly PtxTokens tokens;
    private int depth;

    private ConstantExpression(PtxTokens tokens) => this.tokens = tokens;

    private enum Kind
    {
        Signed,
        Unsigned,
        Single,
        Double,
    }

    /// <summary>Whether the current token begins a constant expression.</summary>
    public static bool IsStart(PtxTokens tokens) =>
        tokens.Current.Kind is PtxTokenKind.Integer or PtxTokenKind.Single or PtxTokenKind.Double
        || tokens.Current.Mark is '-' or '+' or '~' or '!' or '(' || IsWarpSize(tokens);

    /// <summary>Reads an expression and returns its value; a lone <c>0f</c> literal keeps its 32 bits.</summary>
    public static PtxNumber Parse(PtxTokens tokens)
    {
        if (tokens.Current.Kind == PtxTokenKind.Integer && tokens.Next.Mark is ',' or ';' or ']' or '}')
        {
            PtxNumber literal = new(tokens.Current.Bits, PtxNumberKind.Integer);
            tokens.Advance();
            return literal;
        }
        Value value = new ConstantExpression(tokens).Conditional();
        return new PtxNumber(value.Bits, value.Kind switch
        {
            Kind.Single => PtxNumberKind.Single,
            Kind.Double => PtxNumberKind.Double,
            _ => PtxNumberKind.Integer,
        });
    }

    /// <summary>Reads an expression that must be an integer.</summary>
    /// <param name="tokens">Stands at the expression.</param>
    /// <param name="what">For the message, for example <c>an offset</c>.</param>
    public static long ParseInteger(PtxTokens tokens, string what)
    {
        int line = tokens.Current.Line;
        PtxNumber number = Parse(tokens);
        return number.Kind == PtxNumberKind.Integer ? (long)number.Bits
            : throw new PtxException(line, $"found a number with a fraction, expected {what}, an integer");
    }

    private static bool IsWarpSize(PtxTokens tokens) => tokens.Current.Kind == PtxTokenKind.Identifier && tokens.Text is "WARP_SZ";

    private Value Conditional()
    {
        Enter();
        Value value = Binary(Levels.Length - 1);
        if (tokens.Take('?'))
        {
            Value first = Conditional();
            tokens.Expect(':', "of a conditional expression");
            Value second = Conditional();
            value = value.IsTrue ? first : second;
        }
        depth--;
        return value;
    }

    private Value Binary(int level)
    {
        if (level < 0) return Unary();
        Value left = Binary(level - 1);
        while (tokens.Current.Kind == PtxTokenKind.Mark && Array.IndexOf(Levels[level], tokens.Current.Mark) >= 0)
        {
            PtxToken sign = tokens.Current;
            tokens.Advance();
            left = Apply(sign, left, Binary(level - 1));
        }
        return left;
    }

    private Value Unary()
    {
        Enter();
        PtxToken token = tokens.Current;
        Value value = token.Kind switch
        {
            PtxTokenKind.Integer => Literal(token.IsUnsigned ? Kind.Unsigned : Kind.Signed),
            PtxTokenKind.Single => Literal(Kind.Single),
            PtxTokenKind.Double => Literal(Kind.Double),
            PtxTokenKind.Mark when token.Mark is '+' or '-' or '~' or '!' => Signed(token),
            PtxTokenKind.Mark when token.Is('(') => Parenthesised(),
            _ => WarpSize(),
        };
        depth--;
        return value;
    }

    private Value Literal(Kind kind)
    {
        Value value = new(kind, tokens.Current.Bits);
        tokens.Advance();
        return value;
    }

    private Value WarpSize()
    {
        if (!IsWarpSize(tokens)) tokens.Fail("a constant");
        tokens.Advance();
        return new Value(Kind.Signed, 32);
    }

    private Value Signed(PtxToken sign)
    {
        tokens.Advance();
        Value value = Unary();
        switch (sign.Mark)
        {
            case '+': return value;
            case '!': return Value.Of(!value.IsTrue);
            case '~' when value.IsInteger: return new Value(Kind.Unsigned, ~value.Bits);
            case '~': throw Refused(sign, "a number with a fraction");
        }
        return value.Kind switch
        {
            Kind.Single => value with { Bits = value.Bits ^ 0x8000_0000 },
            Kind.Double => value with { Bits = value.Bits ^ (1UL << 63) },
            _ => value with { Bits = 0 - value.Bits },
        };
    }

    /// <summary><c>(expression)</c>, or a cast: <c>(.s64)</c>, <c>(.u64)</c>.</summary>
    private Value Parenthesised()
    {
        tokens.Advance();
        if (tokens.Current.Kind != PtxTokenKind.Dotted)
        {
            Value inner = Conditional();
            tokens.Expect(')', "of a constant expression");
            return inner;
        }
        if (tokens.Text is not (".s64" or ".u64")) tokens.Fail("'.s64' or '.u64' of a cast");
        Kind kind = tokens.Text is ".u64" ? Kind.Unsigned : Kind.Signed;
        PtxToken cast = tokens.Current;
        tokens.Advance();
        tokens.Expect(')', "of a cast");
        Value value = Unary();
        return value.IsInteger ? new Value(kind, value.Bits) : throw Refused(cast, "a number with a fraction");
    }

    private Value Apply(PtxToken sign, Value a, Value b)
    {
        if (sign.Mark == PtxToken.Code("&&")) return Value.Of(a.IsTrue && b.IsTrue);
        if (sign.Mark == PtxToken.Code("||")) return Value.Of(a.IsTrue || b.IsTrue);
        if (!a.IsInteger || !b.IsInteger) return OfDoubles(sign, a.ToDouble(), b.ToDouble());
        bool isUnsigned = a.Kind == Kind.Unsigned || b.Kind == Kind.Unsigned;
        int order = isUnsigned ? a.Bits.CompareTo(b.Bits) : ((long)a.Bits).CompareTo((long)b.Bits);
        if (Compare(sign.Mark, order) is { } holds) return Value.Of(holds);
        Kind kind = isUnsigned ? Kind.Unsigned : Kind.Signed;
        switch (sign.Mark)
        {
            case '+': return new Value(kind, a.Bits + b.Bits);
            case '-': return new Value(kind, a.Bits - b.Bits);
            case '*': return new Value(kind, a.Bits * b.Bits);
            case '&': return new Value(Kind.Unsigned, a.Bits & b.Bits);
            case '|': return new Value(Kind.Unsigned, a.Bits | b.Bits);
            case '^': return new Value(Kind.Unsigned, a.Bits ^ b.Bits);
            case '/' or '%' when b.Bits == 0: throw Refused(sign, "a division by zero");
            case '/' when isUnsigned: return new Value(kind, a.Bits / b.Bits);
            case '/': return new Value(kind, b.Bits == ulong.MaxValue ? 0 - a.Bits : (ulong)((long)a.Bits / (long)b.Bits));
            case '%' when isUnsigned: return new Value(kind, a.Bits % b.Bits);
            case '%': return new Value(kind, b.Bits == ulong.MaxValue ? 0 : (ulong)((long)a.Bits % (long)b.Bits));
        }
        return Shift(sign.Mark == PtxToken.Code("<<"), a, b.Bits);
    }

    private static Value Shift(bool isLeft, Value a, ulong count)
    {
        bool isNegative = a.Kind == Kind.Signed && (long)a.Bits < 0;
        if (count > 63) return a with { Bits = !isLeft && isNegative ? ulong.MaxValue : 0 };
        if (isLeft) return a with { Bits = a.Bits << (int)count };
        return a with { Bits = isNegative ? (ulong)((long)a.Bits >> (int)count) : a.Bits >> (int)count };
    }

    private Value OfDoubles(PtxToken sign, double a, double b)
    {
        bool isUnordered = double.IsNaN(a) || double.IsNaN(b);
        if (Compare(sign.Mark, isUnordered ? 0 : a.CompareTo(b)) is { } holds)
            return Value.Of(isUnordered ? sign.Mark == PtxToken.Code("!=") : holds);
        return sign.Mark switch
        {
            '+' => Value.Of(a + b),
            '-' => Value.Of(a - b),
            '*' => Value.Of(a * b),
            '/' => Value.Of(a / b),
            _ => throw Refused(sign, "a number with a fraction"),
        };
    }

    /// <summary>Whether a comparison holds for operands in this order; null for other operators.</summary>
    private static bool? Compare(ushort mark, int order) => mark switch
    {
        '<' => order < 0,
        '>' => order > 0,
        ('<' << 8) | '=' => order <= 0,
        ('>' << 8) | '=' => order >= 0,
        ('=' << 8) | '=' => order == 0,
        ('!' << 8) | '=' => order != 0,
        _ => null,
    };

    private void Enter()
    {
        if (++depth > MaxDepth) throw new PtxException(tokens.Current.Line, $"a constant expression is nested more than {MaxDepth} deep");
    }

    private PtxException Refused(PtxToken sign, string operand) =>
        new(sign.Line, $"'{tokens.Slice(sign.Start, sign.Length)}' of a constant expression got {operand}");

    private readonly record struct Value(Kind Kind, ulong Bits)
    {
        public bool IsInteger => Kind is Kind.Signed or Kind.Unsigned;

        public bool IsTrue => IsInteger ? Bits != 0 : ToDouble() != 0;

        public static Value Of(bool value) => new(Kind.Signed, value ? 1UL : 0);

        public static Value Of(double value) => new(Kind.Double, BitConverter.DoubleToUInt64Bits(value));

        public double ToDouble() => Kind switch
        {
            Kind.Signed => (long)Bits,
            Kind.Unsigned => Bits,
            Kind.Single => BitConverter.UInt32BitsToSingle((uint)Bits),
            _ => BitConverter.UInt64BitsToDouble(Bits),
        };
    }
}
