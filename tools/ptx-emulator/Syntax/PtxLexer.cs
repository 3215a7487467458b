using System.Globalization;

namespace Ditto.Emulation.Syntax;

/// <summary>Cuts PTX into tokens, in one pass; whitespace and comments are left out.</summary>
internal sealed class PtxLexer(string text)
{
    private const int LongestShown = 40;

    private int at;
    private int line = 1;

    /// <summary>The whole text.</summary>
    public string Text => text;

    /// <summary>The next token.</summary>
    /// <exception cref="PtxException">No token begins like this.</exception>
    public PtxToken Read()
    {
        SkipBlanks();
        if (at >= text.Length) return new PtxToken(PtxTokenKind.End, 0, text.Length, 0, line, 0, false);
        char c = text[at];
        if (IsNameStart(c) || (c == '%' && IsNameStart(At(1)))) return Piece(PtxTokenKind.Identifier, NameEnd(at + 1));
        if (c == '.' && IsNamePart(At(1))) return Piece(PtxTokenKind.Dotted, DottedEnd());
        if (char.IsAsciiDigit(c)) return Number();
        if (c == '"') return Quoted();
        return Mark(c);
    }

    /// <summary>A token as messages show it: quoted, cut, and without characters that steer a terminal.</summary>
    public string Show(PtxToken token)
    {
        if (token.Kind == PtxTokenKind.End) return "the end of the text";
        ReadOnlySpan<char> shown = text.AsSpan(token.Start, Math.Min(token.Length, LongestShown));
        return $"'{shown}{(token.Length > LongestShown ? "..." : "")}'";
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c is '_' or '$';

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$';

    private static int HexDigit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    private char At(int offset) => at + offset < text.Length ? text[at + offset] : '\0';

    private void SkipBlanks()
    {
        while (at < text.Length)
        {
            char c = text[at];
            if (c == '\n') line++;
            else if (c == '/' && At(1) == '/')
            {
                int end = text.AsSpan(at).IndexOf('\n');
                at = end < 0 ? text.Length : at + end;
                continue;
            }
            else if (c == '/' && At(1) == '*')
            {
                SkipComment();
                continue;
            }
            else if (c is not (' ' or '\t' or '\r' or '\f' or '\v')) return;
            at++;
        }
    }

    private void SkipComment()
    {
        int length = text.AsSpan(at + 2).IndexOf("*/");
        if (length < 0) throw new PtxException(line, "the comment '/*' has no end");
        line += text.AsSpan(at + 2, length).Count('\n');
        at += length + 4;
    }

    private int NameEnd(int from)
    {
        while (from < text.Length && IsNamePart(text[from])) from++;
        return from;
    }

    /// <summary>The end of <c>.a::b::c</c>.</summary>
    private int DottedEnd()
    {
        int end = NameEnd(at + 1);
        while (end + 2 < text.Length && text[end] == ':' && text[end + 1] == ':' && IsNamePart(text[end + 2])) end = NameEnd(end + 2);
        return end;
    }

    private PtxToken Piece(PtxTokenKind kind, int end, ulong bits = 0, bool isUnsigned = false)
    {
        PtxToken token = new(kind, 0, at, end - at, line, bits, isUnsigned);
        at = end;
        return token;
    }

    private PtxToken Quoted()
    {
        int length = text.AsSpan(at + 1).IndexOfAny('"', '\n');
        if (length < 0 || text[at + 1 + length] != '"') throw new PtxException(line, "a quoted text has no end in its line");
        return Piece(PtxTokenKind.Text, at + length + 2);
    }

    private PtxToken Mark(char c)
    {
        char next = At(1);
        bool isDouble = (c, next) is ('<', '<') or ('>', '>') or ('&', '&') or ('|', '|') or ('<' or '>' or '=' or '!', '=');
        if (!isDouble && !";,:{}[]()<>@!|+-*/%&^~?=".Contains(c, StringComparison.Ordinal))
            throw new PtxException(line, char.IsBetween(c, ' ', '~') ? $"found '{c}', which begins no token"
                : FormattableString.Invariant($"found the character U+{(int)c:X4}, which begins no token"));
        int length = isDouble ? 2 : 1;
        PtxToken token = new(PtxTokenKind.Mark, isDouble ? (ushort)((c << 8) | next) : c, at, length, line, 0, false);
        at += length;
        return token;
    }

    private PtxToken Number()
    {
        if (text[at] == '0')
        {
            switch (At(1))
            {
                case 'x' or 'X': return Integer(at + 2, 16);
                case 'b' or 'B': return Integer(at + 2, 2);
                case 'f' or 'F': return FloatBits(PtxTokenKind.Single, 8);
                case 'd' or 'D': return FloatBits(PtxTokenKind.Double, 16);
            }
        }
        int end = at;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        if (end < text.Length && text[end] is '.' or 'e' or 'E') return Decimal(end);
        return Integer(at, text[at] == '0' ? 8 : 10);
    }

    private PtxToken Integer(int from, int radix)
    {
        ulong value = 0;
        int end = from;
        while (end < text.Length && char.IsAsciiHexDigit(text[end]))
        {
            int digit = HexDigit(text[end]);
            if (digit >= radix) break;
            ulong most = (ulong.MaxValue - (uint)digit) / (uint)radix;
            if (value > most) throw new PtxException(line, $"{ShowNumber()} needs more than 64 bits");
            value = (value * (uint)radix) + (uint)digit;
            end++;
        }
        bool hasDigits = end > from, isUnsigned = end < text.Length && text[end] == 'U';
        if (isUnsigned) end++;
        if (!hasDigits || (end < text.Length && IsNamePart(text[end]))) throw new PtxException(line, $"{ShowNumber()} is no number of base {radix}");
        return Piece(PtxTokenKind.Integer, end, value, isUnsigned || value > long.MaxValue);
    }

    private PtxToken FloatBits(PtxTokenKind kind, int digits)
    {
        int end = NameEnd(at);
        if (end - at - 2 != digits || !ulong.TryParse(text.AsSpan(at + 2, digits), NumberStyles.AllowHexSpecifier, null, out ulong bits))
            throw new PtxException(line, $"{ShowNumber()} does not have the {digits} hexadecimal digits of a '{text.AsSpan(at, 2)}' number");
        return Piece(kind, end, bits);
    }

    private PtxToken Decimal(int end)
    {
        if (text[end] == '.')
            for (end++; end < text.Length && char.IsAsciiDigit(text[end]);) end++;
        if (end < text.Length && text[end] is 'e' or 'E')
        {
            end++;
            if (end < text.Length && text[end] is '+' or '-') end++;
            end = NameEnd(end);
        }
        else end = NameEnd(end);
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        bool isNumber = double.TryParse(text.AsSpan(at, end - at), Style, CultureInfo.InvariantCulture, out double value);
        if (!isNumber || !double.IsFinite(value))
            throw new PtxException(line, $"{ShowNumber()} is no decimal number of 64 bits");
        return Piece(PtxTokenKind.Double, end, BitConverter.DoubleToUInt64Bits(value));
    }

    private string ShowNumber() => Show(new PtxToken(PtxTokenKind.Integer, 0, at, NameEnd(at) - at, line, 0, false));
}
