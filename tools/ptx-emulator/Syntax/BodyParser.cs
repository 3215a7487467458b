namespace Ditto.Emulation.Syntax;

/// <summary>Reads what stands between a function's braces.</summary>
internal sealed class BodyParser
{
    private const int MaxDepth = 64;

    private static readonly PtxVector Nothing = new([]);

    private readonly PtxTokens tokens;
    private readonly VariableParser variables;
    private readonly OperandParser operands;
    private readonly Dictionary<string, Mnemonic> mnemonics = [];
    private readonly Dictionary<string, Mnemonic>.AlternateLookup<ReadOnlySpan<char>> mnemonicsByText;
    private readonly List<string> parts = [];
    private readonly List<PtxOperand> list = [];
    private PtxSourceLine? source;

    /// <summary>Shares the tokens and the parser of declarations with its module.</summary>
    public BodyParser(PtxTokens tokens, VariableParser variables)
    {
        this.tokens = tokens;
        this.variables = variables;
        operands = new OperandParser(tokens);
        mnemonicsByText = mnemonics.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>A function's body; the source line of the function before does not reach into it.</summary>
    public PtxScope Parse()
    {
        source = null;
        return Scope(1);
    }

    private PtxScope Scope(int depth)
    {
        int line = tokens.Current.Line;
        if (depth > MaxDepth) throw new PtxException(line, $"scopes are nested more than {MaxDepth} deep");
        tokens.Expect('{', "of a body");
        List<PtxStatement> statements = [];
        while (!tokens.Take('}'))
        {
            if (tokens.Current.Kind == PtxTokenKind.End) tokens.Fail($"'}}' of the scope that begins in line {line}");
            Statement(statements, depth);
        }
        return new PtxScope(line, statements);
    }

    private void Statement(List<PtxStatement> statements, int depth)
    {
        ref readonly PtxToken token = ref tokens.Current;
        if (token.Kind == PtxTokenKind.Dotted) Directive(statements);
        else if (token.Kind == PtxTokenKind.Identifier && tokens.Next.Is(':')) statements.Add(Labelled());
        else if (token.Kind == PtxTokenKind.Identifier || token.Is('@')) statements.Add(Instruction());
        else if (token.Is('{')) statements.Add(Scope(depth + 1));
        else if (!tokens.Take(';')) tokens.Fail("a statement");
    }

    private void Directive(List<PtxStatement> statements)
    {
        if (VariableParser.SpaceOf(tokens.Text) is not null)
        {
            foreach (PtxVariable variable in variables.Declaration(isExtern: false))
                statements.Add(new PtxDeclaration(variable.Line, variable));
            return;
        }
        switch (tokens.Text)
        {
            case ".loc":
                Location();
                break;
            case ".pragma":
                SkipPragma(tokens);
                break;
            default:
                tokens.Fail("a declaration, '.loc' or '.pragma'");
                break;
        }
    }

    /// <summary>Goes past <c>.pragma "...", "...";</c>: advice for the assembler.</summary>
    public static void SkipPragma(PtxTokens tokens)
    {
        do
        {
            tokens.Advance();
            tokens.TakeText("the quoted text of a pragma");
        }
        while (tokens.Current.Is(','));
        tokens.Expect(';', "after a pragma");
    }

    /// <summary><c>.loc file line column</c>; may go on with <c>, function_name label + offset, inlined_at file line column</c>.</summary>
    private void Location()
    {
        tokens.Advance();
        int file = tokens.TakeInteger("a file number of '.loc'"), line = tokens.TakeInteger("a line number of '.loc'");
        tokens.TakeInteger("a column of '.loc'");
        source = line == 0 ? null : new PtxSourceLine(file, line);   // line 0: code that belongs to no line
        while (tokens.Take(','))
        {
            string what = tokens.TakeName("'function_name' or 'inlined_at'");
            if (what == "function_name")
            {
                tokens.TakeName("a label behind 'function_name'");
                if (tokens.Take('+')) tokens.TakeInteger("an offset of a label");
            }
            else
            {
                tokens.TakeInteger("a file number of 'inlined_at'");
                tokens.TakeInteger("a line number of 'inlined_at'");
                tokens.TakeInteger("a column of 'inlined_at'");
            }
        }
    }

    private PtxStatement Labelled()
    {
        int line = tokens.Current.Line;
        string name = tokens.TakeName("a label");
        tokens.Expect(':', "after a label");
        return tokens.Text switch
        {
            ".branchtargets" => BranchTargets(line, name),
            ".callprototype" => CallPrototype(line, name),
            _ => new PtxLabel(line, name),
        };
    }

    private PtxBranchTargets BranchTargets(int line, string name)
    {
        List<string> labels = [];
        do
        {
            tokens.Advance();
            labels.Add(tokens.TakeName("a label"));
        }
        while (tokens.Current.Is(','));
        tokens.Expect(';', "or ',' after a branch target");
        return new PtxBranchTargets(line, name, labels);
    }

    private PtxCallPrototype CallPrototype(int line, string name)
    {
        tokens.Advance();
        IReadOnlyList<PtxVariable> returns = tokens.Current.Is('(') ? variables.Parameters() : [];
        tokens.TakeName("'_' in the place of a function's name");
        IReadOnlyList<PtxVariable> parameters = tokens.Current.Is('(') ? variables.Parameters() : [];
        while (tokens.Text is ".noreturn" or ".abi_preserve" or ".abi_preserve_control")
        {
            bool hasCount = tokens.Text is not ".noreturn";
            tokens.Advance();
            if (hasCount) tokens.TakeInteger("a number of registers");
        }
        tokens.Expect(';', "after a call prototype");
        return new PtxCallPrototype(line, name, returns, parameters);
    }

    private PtxInstruction Instruction()
    {
        int line = tokens.Current.Line;
        bool isNegated = false;
        string? guard = null;
        if (tokens.Take('@'))
        {
            isNegated = tokens.Take('!');
            guard = tokens.TakeName("a predicate behind '@'");
        }
        Mnemonic mnemonic = TakeMnemonic();
        list.Clear();
        if (mnemonic.Opcode == "call") CallOperands();
        else if (!tokens.Current.Is(';'))
        {
            do list.Add(operands.Parse());
            while (tokens.Take(','));
        }
        if (!tokens.Take(';')) tokens.Fail($"',' or ';' after the operands of {string.Join('.', mnemonic.Modifiers.Prepend(mnemonic.Opcode))}");
        return new PtxInstruction(line, guard, isNegated, mnemonic.Opcode, mnemonic.Modifiers, list.ToArray(), source);
    }

    /// <summary><c>(returns), callee, (arguments), prototype</c>, each but the callee optional.</summary>
    private void CallOperands()
    {
        bool hasReturns = tokens.Current.Is('(');
        list.Add(hasReturns ? operands.Arguments() : Nothing);
        if (hasReturns) tokens.Expect(',', "after the results of a call");
        list.Add(tokens.TakeNameOperand("a function or a register that holds its address"));
        bool hasMore = tokens.Take(',');
        bool hasArguments = hasMore && tokens.Current.Is('(');
        list.Add(hasArguments ? operands.Arguments() : Nothing);
        if (hasArguments) hasMore = tokens.Take(',');
        if (hasMore) list.Add(tokens.TakeNameOperand("a call prototype"));
    }

    /// <summary>Goes past <c>ld.global.f32</c>; equal ones share their strings.</summary>
    private Mnemonic TakeMnemonic()
    {
        if (tokens.Current.Kind != PtxTokenKind.Identifier) tokens.Fail("an instruction");
        int start = tokens.Current.Start, end = tokens.Current.End;
        parts.Clear();
        tokens.Advance();
        int length = end - start;
        while (tokens.Current.Kind == PtxTokenKind.Dotted)
        {
            end = tokens.Current.End;
            parts.Add(tokens.TakeDotted("a modifier"));
        }
        ReadOnlySpan<char> text = tokens.Slice(start, end - start);
        if (mnemonicsByText.TryGetValue(text, out Mnemonic known)) return known;
        Mnemonic mnemonic = new(tokens.Intern(start, length).Name, parts.ToArray());
        mnemonics.Add(text.ToString(), mnemonic);
        return mnemonic;
    }


    private readonly record struct Mnemonic(string Opcode, string[] Modifiers);
}
