namespace Ditto.Emulation.Syntax;

/// <summary>Reads initialisers: numbers, addresses, and nested braces that are filled up with zeros.</summary>
internal sealed class InitializerParser(PtxTokens tokens)
{
    /// <summary>Zeros that braces may leave out; more would be a short text that fills the memory.</summary>
    private const long MaxImpliedZeros = 1 << 16;

    /// <summary>The initialiser behind the equals sign.</summary>
    /// <param name="name">Of the variable, for messages.</param>
    /// <param name="type">Of an element.</param>
    /// <param name="vectorWidth">Components of an element.</param>
    /// <param name="dimensions">Array lengths; a first one of 0 is open.</param>
    /// <returns>The values without trailing zeros, and the number of array elements, which an open length gets from the values.</returns>
    public (IReadOnlyList<PtxInitializer> Values, long ElementCount) Read(string name, string type, int vectorWidth, IReadOnlyList<long> dimensions)
    {
        List<long> shape = [.. dimensions];
        if (vectorWidth > 1) shape.Add(vectorWidth);
        bool isScalar = shape.Count == 0, isOpen = dimensions.Count > 0 && dimensions[0] == 0;
        if (isScalar) shape.Add(1);
        long[] strides = new long[shape.Count];
        long stride = 1;
        for (int i = shape.Count - 1; i >= 0; stride *= i == 0 ? 1 : shape[i], i--)
            strides[i] = stride;
        Values values = new(this, tokens, name, type, strides);
        if (isScalar && !tokens.Current.Is('{')) values.Add(Element(type), tokens.Current.Line);
        else values.Braces(0, isOpen ? long.MaxValue : shape[0] * strides[0]);
        long row = strides[0], count = 1;
        foreach (long length in dimensions) count *= length;
        if (isOpen) count = (values.At + row - 1) / row * (row / vectorWidth);
        return (values.Elements, count);
    }

    private PtxInitializer Element(string type)
    {
        if (tokens.Current.Kind == PtxTokenKind.Identifier && tokens.Text is not "WARP_SZ") return AddressOf(type);
        int line = tokens.Current.Line;
        PtxNumber number = ConstantExpression.Parse(tokens);
        return new PtxInitializer(BitsOf(number, type, line), null, false);
    }

    private PtxInitializer AddressOf(string type)
    {
        int line = tokens.Current.Line;
        bool isGeneric = tokens.Text is "generic" && tokens.Next.Is('(');
        if (isGeneric)
        {
            tokens.Advance();
            tokens.Advance();
        }
        string symbol = tokens.TakeName("a variable or function");
        if (isGeneric) tokens.Expect(')', $"after generic({symbol}");
        long offset = 0;
        if (tokens.Current.Mark is '+' or '-')
        {
            bool isMinus = tokens.Current.Is('-');
            tokens.Advance();
            offset = ConstantExpression.ParseInteger(tokens, "an offset");
            if (isMinus) offset = unchecked(-offset);
        }
        if (type is not ("u64" or "s64" or "b64"))
            throw new PtxException(line, $"found the address of {symbol} in a variable of type .{type}, expected a type of 64 bits that is no float");
        return new PtxInitializer((ulong)offset, symbol, isGeneric);
    }

    private static ulong BitsOf(PtxNumber number, string type, int line)
    {
        if (type is "f32" or "f64" && number.Kind == PtxNumberKind.Integer && number.Bits != 0)
            throw new PtxException(line, $"found an integer in a variable of type .{type}, expected a number such as 0f3F800000 or 1.5");
        switch (type)
        {
            case "f32" when number.Kind == PtxNumberKind.Double:
                return BitConverter.SingleToUInt32Bits((float)BitConverter.UInt64BitsToDouble(number.Bits));
            case "f64" when number.Kind == PtxNumberKind.Single:
                return BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle((uint)number.Bits));
            case "f32" or "f64":
                return number.Bits;
        }
        int size = PtxTypeSize.Of(type);
        if (number.Kind == PtxNumberKind.Double && size != 8 || number.Kind == PtxNumberKind.Single && size != 4)
            throw new PtxException(line, $"found a number with a fraction in a variable of type .{type}, expected an integer");
        return size >= 8 ? number.Bits : number.Bits & ((1UL << (8 * size)) - 1);
    }

    /// <summary>The values read so far; zeros are put in only when something follows them.</summary>
    private sealed class Values(InitializerParser parser, PtxTokens tokens, string name, string type, long[] strides)
    {
        private long written;

        public List<PtxInitializer> Elements { get; } = [];

        /// <summary>The next element's index.</summary>
        public long At { get; private set; }

        public void Add(PtxInitializer value, int line)
        {
            if (value.Bits != 0 || value.Symbol is not null)
            {
                if (At - written > MaxImpliedZeros)
                    throw new PtxException(line, $"the initialiser of {name} leaves out more than {MaxImpliedZeros} zeros between its values");
                while (Elements.Count < At) Elements.Add(default);
                Elements.Add(value);
            }
            At++;
            written++;
        }

        /// <summary>A group of values; as in C, groups inside may be left out and are then read on without them.</summary>
        public void Braces(int level, long end)
        {
            tokens.Expect('{', $"of the initialiser of {name}");
            while (!tokens.Current.Is('}'))
            {
                int line = tokens.Current.Line;
                if (At >= end) throw new PtxException(line, $"the initialiser of {name} has more values than the array");
                if (tokens.Current.Is('{'))
                {
                    if (level + 1 == strides.Length || At % strides[level] != 0) tokens.Fail($"a value in the initialiser of {name}");
                    long inner = At + strides[level];
                    Braces(level + 1, inner);
                    At = inner;
                }
                else Add(parser.Element(type), line);
                if (!tokens.Take(',')) break;
            }
            tokens.Expect('}', $"or ',' in the initialiser of {name}");
        }
    }
}
