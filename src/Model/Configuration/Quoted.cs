using System.Globalization;
using System.Text;

namespace Ditto.Configuration;

/// <summary>Untrusted text made fit for a message: quoted, escaped and shortened, so that it can neither hide nor imitate anything.</summary>
public static class Quoted
{
    private const int LongestShown = 120;
    private const int LongestLine = 300;

    /// <summary>A name from a file, in quotes. Control, format and line-separating characters and lone surrogates are written as \uXXXX.</summary>
    /// <param name="text">Any text, also one with NULs or a million characters long.</param>
    public static string Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder quoted = new("\"");
        Append(quoted, text, LongestShown, isQuoted: true);
        return quoted.Append('"').ToString();
    }

    /// <summary>A path: as <see cref="Text"/>, but without the quotes and kept at its end, which says more than its beginning.</summary>
    /// <param name="path">Any path.</param>
    public static string Path(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        const int longestPath = 400;
        StringBuilder escaped = new(path.Length <= longestPath ? "" : "...");
        foreach (char c in path.Length <= longestPath ? path : path[^longestPath..])
            AppendEscaped(escaped, c, isQuoted: false);
        return escaped.ToString();
    }

    /// <summary>A value or a sentence as one line: as <see cref="Text"/>, but without the quotes, and a little longer.</summary>
    /// <param name="text">Any text.</param>
    public static string Line(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder line = new();
        Append(line, text, LongestLine, isQuoted: false);
        return line.ToString();
    }

    /// <summary>"1 byte", "2 bytes".</summary>
    /// <param name="count">A count that is not negative.</param>
    public static string Bytes(ulong count) => string.Create(CultureInfo.InvariantCulture, $"{count} byte{(count == 1 ? "" : "s")}");

    private static void Append(StringBuilder escaped, string text, int longest, bool isQuoted)
    {
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, longest)))
            AppendEscaped(escaped, c, isQuoted);
        if (text.Length > longest)
            escaped.Append(CultureInfo.InvariantCulture, $"... ({text.Length} characters)");
    }

    private static void AppendEscaped(StringBuilder escaped, char c, bool isQuoted)
    {
        UnicodeCategory category = char.GetUnicodeCategory(c);
        if (c == '\n')
            escaped.Append("\\n");
        else if (isQuoted && c is '"' or '\\' && isQuoted)
            escaped.Append('\\').Append(c);
        else if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                 or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse)
            escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        else
            escaped.Append(c);
    }
}
