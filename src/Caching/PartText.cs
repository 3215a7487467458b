using System.Globalization;
using static System.FormattableString;

namespace Ditto.Caching;

/// <summary>
/// A part of a cache method as text: a name, and behind it values in parentheses, first those whose meaning is their place, then those
/// written as name=value: <c>hermite(2,sigma=0.5)</c>. Spaces around names and values do not count.
/// </summary>
internal sealed class PartText
{
    private readonly string text;
    private readonly List<Argument> arguments = [];
    private readonly int end;                                        // column behind the last character

    private PartText(string kind, string text)
    {
        this.text = text;
        end = text.Length + 1;
        int open = text.IndexOf('(', StringComparison.Ordinal);
        (Name, NameColumn) = Trimmed(0, open < 0 ? text.Length : open);
        if (Name.Length == 0) throw Refuse(NameColumn, kind, "missing", "a name");
        if (open >= 0) ReadArguments(open);
    }

    /// <summary>The part's name.</summary>
    public string Name { get; }

    /// <summary>Column of the name.</summary>
    public int NameColumn { get; }

    /// <summary>Takes a text apart; what its values mean is asked afterwards.</summary>
    /// <param name="kind">What the text names: "update", "trigger".</param>
    /// <param name="text">The text.</param>
    /// <exception cref="CacheMethodException">No name, parentheses that do not match, a value that is empty or comes too late.</exception>
    public static PartText Read(string kind, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new PartText(kind, text);
    }

    /// <summary>An integer.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="place">Its place among the values without a name, from 0; -1 where it always has to be named.</param>
    /// <param name="min">Smallest value allowed.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <param name="fallback">The value where the text gives none; null where it has to.</param>
    /// <exception cref="CacheMethodException">It is missing, not an integer, or out of range.</exception>
    public int Integer(string name, int place, int min, int max, int? fallback = null)
    {
        string expected = min == max ? Invariant($"{min}") : Invariant($"an integer, {min} to {max}");
        if (Take(name, place) is not { } argument)
            return fallback ?? throw Refuse(end, name, "missing", expected);
        bool isRight = int.TryParse(argument.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value);
        return isRight && value >= min && value <= max ? value : throw Refuse(argument.Column, name, argument.Value, expected);
    }

    /// <summary>All values without a name, as integers that rise.</summary>
    /// <param name="name">What one of them is.</param>
    /// <param name="first">The first value's only choice.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <exception cref="CacheMethodException">There is none, or one is not an integer, out of range, or not above the one before it.</exception>
    public int[] Rising(string name, int first, int max)
    {
        int[] values = new int[Math.Max(1, arguments.Count(argument => argument.Name is null))];
        for (int i = 0; i < values.Length; i++)
            values[i] = Integer(name, i, i == 0 ? first : values[i - 1] + 1, i == 0 ? first : max);
        return values;
    }

    /// <summary>A number above 0 and not above a bound.</summary>
    /// <param name="name">Its name; it always has to be named.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <param name="fallback">The value where the text gives none.</param>
    /// <exception cref="CacheMethodException">It is not a number, or out of range.</exception>
    public double Positive(string name, double max, double fallback)
    {
        if (Take(name, -1) is not { } argument) return fallback;
        bool isRight = double.TryParse(argument.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if (isRight && value > 0 && value <= max) return value;
        throw Refuse(argument.Column, name, argument.Value, Invariant($"a number above 0, up to {max}"));
    }

    /// <summary>One of several words.</summary>
    /// <typeparam name="T">The enumeration whose members, in lower case, are the words; its default stands where the text gives none.</typeparam>
    /// <param name="name">Its name; it always has to be named.</param>
    /// <exception cref="CacheMethodException">It is another word.</exception>
    public T Choice<T>(string name)
        where T : struct, Enum
    {
        if (Take(name, -1) is not { } argument) return default;
        foreach (T value in Enum.GetValues<T>())
        {
            if (Word(value) == argument.Value) return value;
        }
        throw Refuse(argument.Column, name, argument.Value, string.Join(", ", Enum.GetValues<T>().Select(Word)));
    }

    /// <summary>A member of an enumeration as <see cref="Choice{T}"/> reads it.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    /// <param name="value">The member.</param>
    public static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>Ends the reading: every value must have been asked for.</summary>
    /// <param name="form">The part's form, for the message: "taylor(order,sigma=1,since=0)".</param>
    /// <exception cref="CacheMethodException">A value is left over: a name nobody knows, one given twice, or one value too many.</exception>
    public void End(string form)
    {
        foreach (Argument argument in arguments.Where(argument => !argument.IsTaken))
            throw Refuse(argument.Column, $"a value of {Name}", argument.Name is null ? argument.Value : $"{argument.Name}={argument.Value}", form);
    }

    /// <summary>An error at a column of this text.</summary>
    /// <param name="column">The column, from 1.</param>
    /// <param name="field">What stands there.</param>
    /// <param name="found">What was found.</param>
    /// <param name="expected">What would have been accepted.</param>
    public CacheMethodException Refuse(int column, string field, string found, string expected) => new(text, column, field, found, expected);

    private void ReadArguments(int open)
    {
        int close = text.IndexOf(')', open);
        if (close < 0) throw Refuse(end, "the end", "missing", "a closing parenthesis");
        (string behind, int column) = Trimmed(close + 1, text.Length);
        if (behind.Length > 0) throw Refuse(column, "what follows the closing parenthesis", behind, "nothing");
        if (Trimmed(open + 1, close).Value.Length == 0) return;
        for (int start = open + 1; start <= close;)
        {
            int comma = text.IndexOf(',', start, close - start);
            int stop = comma < 0 ? close : comma;
            arguments.Add(ReadArgument(start, stop));
            start = stop + 1;
        }
    }

    private Argument ReadArgument(int start, int stop)
    {
        int equals = text.IndexOf('=', start, stop - start);
        (string value, int column) = Trimmed(equals < 0 ? start : equals + 1, stop);
        string? name = equals < 0 ? null : Trimmed(start, equals).Value;
        if (value.Length == 0) throw Refuse(column, $"a value of {Name}", "missing", "a value between parentheses and commas");
        if (name is null && arguments.Exists(earlier => earlier.Name is not null))
            throw Refuse(column, $"a value of {Name}", value, "name=value, as the value before it");
        return new Argument(name, value, column);
    }

    private Argument? Take(string name, int place)
    {
        Argument? argument = arguments.Find(candidate => candidate.Name == name);
        if (argument is null && place >= 0 && place < arguments.Count && arguments[place].Name is null) argument = arguments[place];
        if (argument is not null) argument.IsTaken = true;
        return argument;
    }

    private (string Value, int Column) Trimmed(int start, int stop)
    {
        while (start < stop && text[start] == ' ')
            start++;
        while (stop > start && text[stop - 1] == ' ')
            stop--;
        return (text[start..stop], start + 1);
    }

    private sealed record Argument(string? Name, string Value, int Column)
    {
        public bool IsTaken { get; set; }
    }
}
