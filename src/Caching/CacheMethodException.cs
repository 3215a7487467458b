using System.Globalization;
using System.Text;
using Ditto.Interop;

namespace Ditto.Caching;

/// <summary>
/// The text of a cache method, or of a part of one, that Ditto cannot use. The message names the part, the column, what was found there
/// and what would have been accepted; characters that a terminal could act on are escaped, and long text is shortened.
/// </summary>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
public sealed class CacheMethodException : DittoException
#pragma warning restore RCS1194
{
    private const int LongestShown = 80;

    /// <summary>The whole text, as it was given.</summary>
    public string Text { get; }

    /// <summary>Where the fault is in <see cref="Text"/>; the first character is column 1.</summary>
    public int Column { get; }

    /// <summary>What stands there, for example "order" or "update".</summary>
    public string Field { get; }

    /// <summary>What was found there, or "missing".</summary>
    public string Found { get; }

    /// <summary>What would have been accepted, for example "an integer, 0 to 7".</summary>
    public string Expected { get; }

    internal CacheMethodException(string text, int column, string field, string found, string expected)
        : base(string.Create(CultureInfo.InvariantCulture, $"\"{Shown(text)}\", column {column}: {field} is {Shown(found)}; expected: {expected}"))
    {
        Text = text;
        Column = column;
        Field = field;
        Found = found;
        Expected = expected;
    }

    private static string Shown(string text)
    {
        StringBuilder shown = new();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, LongestShown)))
        {
            if (c is >= ' ' and <= '~')
                shown.Append(c);
            else
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return shown.Append(text.Length > LongestShown ? "..." : "").ToString();
    }
}
