using System.Diagnostics.CodeAnalysis;

namespace Ditto.Emulation.Syntax;

/// <summary>What all parts of the parser share: the current token and the one behind it, and one string for each name.</summary>
internal sealed class PtxTokens
{
    private readonly PtxLexer lexer;
    private readonly Dictionary<string, PtxName> names = [];
    private readonly Dictionary<string, PtxName>.AlternateLookup<ReadOnlySpan<char>> namesByText;
    private PtxToken current, next;

    /// <summary>Stands before the first token.</summary>
    public PtxTokens(string text)
    {
        lexer = new PtxLexer(text);
        namesByText = names.GetAlternateLookup<ReadOnlySpan<char>>();
        current = lexer.Read();
        next = lexer.Read();
    }

    /// <summary>The token to be read.</summary>
    public ref readonly PtxToken Current => ref current;

    /// <summary>The token behind it.</summary>
    public ref readonly PtxToken Next => ref next;

    /// <summary>The current token's text.</summary>
    public ReadOnlySpan<char> Text => lexer.Text.AsSpan(current.Start, current.Length);

    /// <summary>A part of the whole text.</summary>
    public ReadOnlySpan<char> Slice(int start, int length) => lexer.Text.AsSpan(start, length);

    /// <summary>Goes on to the next token.</summary>
    public void Advance()
    {
        current = next;
        if (next.Kind != PtxTokenKind.End) next = lexer.Read();
    }

    /// <summary>Goes past a mark if it stands here.</summary>
    public bool Take(char mark)
    {
        if (!current.Is(mark)) return false;
        Advance();
        return true;
    }

    /// <summary>Goes past a mark that must stand here.</summary>
    /// <param name="mark">Which.</param>
    /// <param name="where">For the message, for example <c>after the operands of ret</c>.</param>
    public void Expect(char mark, string where)
    {
        if (!Take(mark)) Fail($"'{mark}' {where}");
    }

    /// <summary>Goes past a name that must stand here, and returns it.</summary>
    public string TakeName(string expected) => TakeNameOperand(expected).Name;

    /// <summary>Goes past a name, with what belongs to it behind dots (<c>%tid.x</c>), and returns the one operand object of that name.</summary>
    public PtxName TakeNameOperand(string expected)
    {
        if (current.Kind != PtxTokenKind.Identifier) Fail(expected);
        int start = current.Start, end = current.End;
        Advance();
        while (current.Kind == PtxTokenKind.Dotted && current.Start == end)
        {
            end = current.End;
            Advance();
        }
        return Intern(start, end - start);
    }

    /// <summary>Goes past a dotted word that must stand here, and returns it without its dot.</summary>
    public string TakeDotted(string expected)
    {
        if (current.Kind != PtxTokenKind.Dotted) Fail(expected);
        string word = Intern(current.Start + 1, current.Length - 1).Name;
        Advance();
        return word;
    }

    /// <summary>One string for equal pieces of the text.</summary>
    public PtxName Intern(int start, int length)
    {
        ReadOnlySpan<char> text = Slice(start, length);
        if (namesByText.TryGetValue(text, out PtxName? name)) return name;
        name = new PtxName(text.ToString());
        names.Add(name.Name, name);
        return name;
    }

    /// <summary>Goes past an integer literal that must stand here.</summary>
    /// <param name="what">For the message, for example <c>a line number</c>.</param>
    /// <param name="least">The least value that makes sense.</param>
    public int TakeInteger(string what, int least = 0)
    {
        if (current.Kind != PtxTokenKind.Integer || current.Bits > int.MaxValue || (int)current.Bits < least)
            Fail(FormattableString.Invariant($"{what} ({least} to {int.MaxValue})"));
        int value = (int)current.Bits;
        Advance();
        return value;
    }

    /// <summary>Goes past a quoted text that must stand here, and returns it without its quotes.</summary>
    public string TakeText(string expected)
    {
        if (current.Kind != PtxTokenKind.Text) Fail(expected);
        string text = Slice(current.Start + 1, current.Length - 2).ToString();
        Advance();
        return text;
    }

    /// <summary>Goes past brackets of one kind and all between them.</summary>
    public void SkipBalanced(char open, char close, string where)
    {
        int line = current.Line;
        Expect(open, where);
        for (int depth = 1; depth > 0; Advance())
        {
            if (current.Is(open)) depth++;
            else if (current.Is(close)) depth--;
            else if (current.Kind == PtxTokenKind.End) throw new PtxException(line, $"'{open}' {where} is never closed");
        }
    }

    /// <summary>Ends the parse at the current token.</summary>
    /// <param name="expected">What should stand here.</param>
    [DoesNotReturn]
    public void Fail(string expected) => throw new PtxException(current.Line, $"found {lexer.Show(current)}, expected {expected}");
}
