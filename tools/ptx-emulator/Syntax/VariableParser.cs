namespace Ditto.Emulation.Syntax;

/// <summary>Reads declarations: of registers, parameters and memory.</summary>
internal sealed class VariableParser(PtxTokens tokens)
{
    private const int MaxAlignment = 1 << 20;
    private const int MaxDimensions = 32;

    private readonly InitializerParser initializers = new(tokens);

    /// <summary>Whether a directive begins a declaration, and in which space; null where it does not.</summary>
    public static string? SpaceOf(ReadOnlySpan<char> directive) => directive switch
    {
        ".reg" => "reg",
        ".param" => "param",
        ".global" => "global",
        ".const" => "const",
        ".shared" => "shared",
        ".local" => "local",
        _ => null,
    };

    /// <summary>A declaration from its space to its semicolon; it may name several variables.</summary>
    public IReadOnlyList<PtxVariable> Declaration(bool isExtern)
    {
        Specifiers specifiers = ReadSpecifiers();
        List<PtxVariable> variables = [];
        do variables.Add(ReadDeclarator(specifiers, isExtern, mayInitialize: true));
        while (tokens.Take(','));
        tokens.Expect(';', $"or ',' after the declaration of {variables[^1].Name}");
        return variables;
    }

    /// <summary>A list of parameters in round brackets; it may be empty.</summary>
    public IReadOnlyList<PtxVariable> Parameters()
    {
        tokens.Expect('(', "of a parameter list");
        List<PtxVariable> parameters = [];
        if (!tokens.Current.Is(')'))
        {
            do
            {
                if (tokens.Text is not (".param" or ".reg")) tokens.Fail("'.param'");
                parameters.Add(ReadDeclarator(ReadSpecifiers(), isExtern: false, mayInitialize: false));
            }
            while (tokens.Take(','));
        }
        tokens.Expect(')', "or ',' after a parameter");
        return parameters;
    }

    /// <summary>Goes past <c>.attribute(...)</c>: where managed or unified memory lies is the emulator's own choice.</summary>
    public void SkipAttribute()
    {
        tokens.Advance();
        tokens.SkipBalanced('(', ')', "of an attribute");
    }

    private Specifiers ReadSpecifiers()
    {
        string space = SpaceOf(tokens.Text) ?? "";
        tokens.Advance();
        string? type = null;
        int alignment = 0, width = 1;
        bool isPointer = false;                                      // what follows .ptr is about the memory that it points to
        while (tokens.Current.Kind == PtxTokenKind.Dotted)
        {
            switch (tokens.Text)
            {
                case ".align":
                    tokens.Advance();
                    int read = ReadAlignment();
                    if (!isPointer) alignment = read;
                    break;
                case ".attribute":
                    SkipAttribute();
                    break;
                case ".v2" or ".v4" or ".v8" when type is null:
                    width = tokens.Text[2] - '0';
                    tokens.Advance();
                    break;
                case ".ptr" when space == "param" && type is not null:
                    isPointer = true;
                    tokens.Advance();
                    break;
                case ".global" or ".shared" or ".const" or ".local" or ".param" or ".generic" when isPointer:
                    tokens.Advance();
                    break;
                default:
                    if (type is not null || PtxTypeSize.Of(tokens.Text[1..].ToString()) == 0) tokens.Fail("a type or name in a declaration");
                    type = tokens.TakeDotted("a type");
                    break;
            }
        }
        if (type is null) tokens.Fail("a type in a declaration");
        int own = PtxTypeSize.Of(type) * width;
        return new Specifiers(space, type, width, alignment == 0 ? own : alignment);
    }

    private int ReadAlignment()
    {
        int line = tokens.Current.Line, alignment = tokens.TakeInteger("an alignment in bytes", 1);
        return alignment <= MaxAlignment && int.IsPow2(alignment) ? alignment
            : throw new PtxException(line, $"the alignment {alignment} is no power of two up to {MaxAlignment}");
    }

    private PtxVariable ReadDeclarator(Specifiers specifiers, bool isExtern, bool mayInitialize)
    {
        int line = tokens.Current.Line, registers = 0;
        string name = tokens.TakeName("the name of a variable");
        if (specifiers.Space == "reg" && tokens.Take('<'))
        {
            registers = tokens.TakeInteger("a number of registers", 1);
            tokens.Expect('>', $"after the number of registers {name}");
        }
        List<long> dimensions = ReadDimensions(name);
        long count = Product(dimensions, line, name);
        IReadOnlyList<PtxInitializer>? initializer = null;
        if (mayInitialize && specifiers.Space is "global" or "const" && tokens.Take('='))
            (initializer, count) = initializers.Read(name, specifiers.Type, specifiers.VectorWidth, dimensions);
        if (count > int.MaxValue) throw new PtxException(line, $"{name} has more than {int.MaxValue} elements");
        (string space, string type, int width, int alignment) = specifiers;
        return new PtxVariable(name, line, space, type, width, alignment, (int)count, registers, initializer, isExtern);
    }

    /// <summary><c>[2][3]</c>; the first may be empty and is 0 then.</summary>
    private List<long> ReadDimensions(string name)
    {
        List<long> dimensions = [];
        while (tokens.Take('['))
        {
            int line = tokens.Current.Line;
            bool isOpen = tokens.Current.Is(']');
            if (isOpen && dimensions.Count > 0) tokens.Fail($"the length of a dimension of {name}: only the first may be open");
            long length = isOpen ? 0 : ConstantExpression.ParseInteger(tokens, "an array length");
            if (length is < 0 or > int.MaxValue)
                throw new PtxException(line, $"{name} has the array length {length}, expected 0 to {int.MaxValue}");
            if (dimensions.Count == MaxDimensions) throw new PtxException(line, $"{name} has more than {MaxDimensions} dimensions");
            dimensions.Add(length);
            tokens.Expect(']', $"after an array length of {name}");
        }
        return dimensions;
    }

    private static long Product(List<long> dimensions, int line, string name)
    {
        long product = 1;                                            // of an open array: of one row
        foreach (long length in dimensions)
        {
            product *= Math.Max(length, 1);                          // both below 2^31
            if (product > int.MaxValue) throw new PtxException(line, $"{name} has more than {int.MaxValue} elements");
        }
        return dimensions.Contains(0) ? 0 : product;
    }

    private readonly record struct Specifiers(string Space, string Type, int VectorWidth, int Alignment);
}
