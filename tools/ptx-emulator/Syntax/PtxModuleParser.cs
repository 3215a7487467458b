namespace Ditto.Emulation.Syntax;

/// <summary>Reads a module: its head, variables and functions.</summary>
internal sealed class PtxModuleParser
{
    private readonly PtxTokens tokens;
    private readonly VariableParser variables;
    private readonly BodyParser bodies;
    private readonly List<PtxVariable> moduleVariables = [];
    private readonly List<PtxFunction> functions = [];
    private readonly Dictionary<int, string> files = [];
    private readonly List<(int Line, string Name, string Target)> aliases = [];

    /// <summary>Stands before the text's first token.</summary>
    public PtxModuleParser(string text)
    {
        tokens = new PtxTokens(text);
        variables = new VariableParser(tokens);
        bodies = new BodyParser(tokens, variables);
    }

    /// <summary>Reads the whole text.</summary>
    /// <exception cref="PtxException">It is no PTX.</exception>
    public PtxModule Parse()
    {
        string version = Version(), target = Target();
        while (tokens.Current.Kind != PtxTokenKind.End) Directive();
        foreach ((int line, string name, string aliased) in aliases) Alias(line, name, aliased);
        return new PtxModule(version, target, moduleVariables, functions, files);
    }

    private string Version()
    {
        if (tokens.Text is not ".version") tokens.Fail("'.version' as the first directive");
        tokens.Advance();
        if (tokens.Current.Kind != PtxTokenKind.Double) tokens.Fail("a version such as 8.8");
        string version = tokens.Text.ToString();
        tokens.Advance();
        return version;
    }

    /// <summary><c>.target sm_90, debug</c>: what follows the architecture is for debuggers and textures.</summary>
    private string Target()
    {
        if (tokens.Text is not ".target") tokens.Fail("'.target' behind '.version'");
        tokens.Advance();
        string target = tokens.TakeName("an architecture such as sm_90");
        while (tokens.Take(',')) tokens.TakeName("an option of '.target'");
        return target;
    }

    private void Directive()
    {
        switch (tokens.Text)
        {
            case ".address_size":
                AddressSize();
                break;
            case ".file":
                SourceFile();
                break;
            case ".section":
                SkipSection();
                break;
            case ".pragma":
                BodyParser.SkipPragma(tokens);
                break;
            case ".alias":
                ReadAlias();
                break;
            default:
                Linked();
                break;
        }
    }

    private void AddressSize()
    {
        tokens.Advance();
        int line = tokens.Current.Line, bits = tokens.TakeInteger("an address size in bits");
        if (bits != 64) throw new PtxException(line, $"found an address size of {bits} bits, expected 64");
    }

    /// <summary><c>.file number "path"</c>, and <c>, time, size</c> with some compilers.</summary>
    private void SourceFile()
    {
        tokens.Advance();
        int number = tokens.TakeInteger("a file number");
        files[number] = tokens.TakeText("a quoted path");
        while (tokens.Take(',')) ConstantExpression.ParseInteger(tokens, "a time or size of a file");
    }

    /// <summary>Goes past debug information: it is for debuggers.</summary>
    private void SkipSection()
    {
        tokens.Advance();
        tokens.TakeDotted("a section's name");
        tokens.SkipBalanced('{', '}', "of a section");
    }

    private void ReadAlias()
    {
        tokens.Advance();
        int line = tokens.Current.Line;
        string name = tokens.TakeName("the name of an alias");
        tokens.Expect(',', "after the name of an alias");
        aliases.Add((line, name, tokens.TakeName("the function of an alias")));
        tokens.Expect(';', "after an alias");
    }

    /// <summary>An alias is its function under another name; the alias' own declaration goes.</summary>
    private void Alias(int line, string name, string target)
    {
        PtxFunction function = functions.Find(item => item.Name == target && item.Body is not null)
            ?? throw new PtxException(line, $"{name} is an alias of {target}, but no function of this name has a body");
        functions.RemoveAll(item => item.Name == name && item.Body is null);
        functions.Add(function with { Name = name });
    }

    /// <summary>A variable or function with its linkage.</summary>
    private void Linked()
    {
        bool isExtern = false;
        while (tokens.Text is ".extern" or ".visible" or ".weak" or ".common")
        {
            isExtern |= tokens.Text is ".extern";
            tokens.Advance();
        }
        switch (tokens.Text)
        {
            case ".entry" or ".func":
                functions.Add(Function());
                break;
            case ".global" or ".const" or ".shared":
                moduleVariables.AddRange(variables.Declaration(isExtern));
                break;
            default:
                tokens.Fail("'.global', '.const', '.shared', '.entry', '.func' or another directive of a module");
                break;
        }
    }

    private PtxFunction Function()
    {
        int line = tokens.Current.Line;
        bool isEntry = tokens.Text is ".entry";
        tokens.Advance();
        while (tokens.Text is ".attribute") variables.SkipAttribute();
        IReadOnlyList<PtxVariable> returns = !isEntry && tokens.Current.Is('(') ? variables.Parameters() : [];
        string name = tokens.TakeName(isEntry ? "the name of a kernel" : "the name of a function");
        IReadOnlyList<PtxVariable> parameters = tokens.Current.Is('(') ? variables.Parameters() : [];
        int maxThreads = 0;
        while (tokens.Current.Kind == PtxTokenKind.Dotted) PerformanceDirective(ref maxThreads);
        if (!tokens.Current.Is('{') && !tokens.Current.Is(';')) tokens.Fail($"'{{' or ';' after the head of {name}");
        PtxScope? body = tokens.Take(';') ? null : bodies.Parse();
        return new PtxFunction(name, line, isEntry, returns, parameters, body, maxThreads);
    }

    private void PerformanceDirective(ref int maxThreads)
    {
        switch (tokens.Text)
        {
            case ".maxntid" or ".reqntid":
                maxThreads = ThreadCount();
                break;
            case ".reqnctapercluster":
                Sizes();
                break;
            case ".minnctapersm" or ".maxnctapersm" or ".maxnreg" or ".maxclusterrank" or ".abi_preserve" or ".abi_preserve_control":
                tokens.Advance();
                tokens.TakeInteger("a number behind a performance directive");
                break;
            case ".noreturn" or ".explicitcluster" or ".blocksareclusters":
                tokens.Advance();
                break;
            case ".pragma":
                BodyParser.SkipPragma(tokens);
                break;
            default:
                tokens.Fail("a performance directive, '{' or ';'");
                break;
        }
    }

    private int ThreadCount()
    {
        int line = tokens.Current.Line;
        Int128 product = 1;
        foreach (int size in Sizes()) product *= size;
        return product <= int.MaxValue ? (int)product
            : throw new PtxException(line, $"found a block of {product} threads, expected at most {int.MaxValue}");
    }

    /// <summary>A directive and its one to three sizes.</summary>
    private List<int> Sizes()
    {
        List<int> sizes = [];
        do
        {
            tokens.Advance();
            sizes.Add(tokens.TakeInteger("a number of threads or blocks", 1));
        }
        while (tokens.Current.Is(',') && sizes.Count < 3);
        return sizes;
    }
}
