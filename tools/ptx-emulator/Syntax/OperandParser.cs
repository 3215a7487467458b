namespace Ditto.Emulation.Syntax;

/// <summary>Reads the operands of instructions.</summary>
internal sealed class OperandParser(PtxTokens tokens)
{
    private static readonly PtxDiscard Discard = new();

    /// <summary>One operand, or two as <c>d|p</c>.</summary>
    public PtxOperand Parse()
    {
        PtxOperand operand = tokens.Current.Mark switch
        {
            '{' => Vector(),
            '[' => Address(),
            _ => Scalar(),
        };
        return tokens.Take('|') ? new PtxPair(operand, Scalar()) : operand;
    }

    /// <summary>What stands in brackets of a call: <c>(a, b)</c>, <c>()</c>.</summary>
    public PtxVector Arguments()
    {
        tokens.Expect('(', "of a call");
        List<PtxOperand> arguments = [];
        if (!tokens.Current.Is(')'))
        {
            do arguments.Add(Scalar());
            while (tokens.Take(','));
        }
        tokens.Expect(')', "or ',' in the arguments of a call");
        return new PtxVector(arguments.ToArray());
    }

    private PtxOperand Scalar()
    {
        if (tokens.Current.Is('!') && tokens.Next.Kind == PtxTokenKind.Identifier)
        {
            tokens.Advance();
            return tokens.TakeNameOperand("a predicate behind '!'") with { Negated = true };
        }
        if (ConstantExpression.IsStart(tokens)) return ConstantExpression.Parse(tokens);
        PtxName name = tokens.TakeNameOperand("an operand");
        if (name.Name == "_") return Discard;
        if (tokens.Current.Mark is not ('+' or '-')) return name;
        return new PtxSymbolOffset(name.Name, SignedOffset());
    }

    /// <summary><c>+ a</c> or <c>- a</c> behind a symbol.</summary>
    private long SignedOffset()
    {
        bool isMinus = tokens.Current.Is('-');
        tokens.Advance();
        long offset = ConstantExpression.ParseInteger(tokens, "an offset");
        return isMinus ? unchecked(-offset) : offset;
    }

    private PtxVector Vector()
    {
        tokens.Advance();
        List<PtxOperand> elements = [];
        do elements.Add(Scalar());
        while (tokens.Take(','));
        tokens.Expect('}', "or ',' in a vector");
        return new PtxVector(elements.ToArray());
    }

    private PtxAddress Address()
    {
        tokens.Advance();
        string name = tokens.TakeName("a register or variable as an address");
        long offset = tokens.Take('+') ? ConstantExpression.ParseInteger(tokens, "an offset") : 0;
        PtxVector? coordinates = null;
        if (tokens.Take(','))
        {
            if (!tokens.Current.Is('{')) tokens.Fail("'{' of a tensor's coordinates");
            coordinates = Vector();
        }
        tokens.Expect(']', "or '+' in an address");
        return new PtxAddress(name, offset, coordinates?.Elements);
    }
}
