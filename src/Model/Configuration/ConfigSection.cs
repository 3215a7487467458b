using System.Globalization;
using System.Text.Json;

namespace Ditto.Configuration;

/// <summary>
/// A JSON object of a model directory, read field by field with its range: a field that is missing or null takes the class's default, an
/// unknown one is ignored (published configs carry obsolete keys), a wrong one names file, field, value and what is allowed.
/// </summary>
public sealed class ConfigSection
{
    /// <summary>A section over an object that was parsed elsewhere.</summary>
    /// <param name="path">Path or name of the file, for messages.</param>
    /// <param name="root">The object whose fields are read.</param>
    /// <exception cref="ModelConfigException">The root is no object.</exception>
    public ConfigSection(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new ModelConfigException(path, $"the root must be a JSON object, found {ConfigFile.Describe(root.ValueKind)}");
        Path = path;
        Root = root;
    }

    /// <summary>The file that the section was read from, for messages.</summary>
    public string Path { get; }

    /// <summary>The JSON object itself.</summary>
    public JsonElement Root { get; }

    /// <summary>Reads a JSON file whose root is an object.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ModelConfigException">The file is missing, too large, no JSON, or its root is no object.</exception>
    public static ConfigSection Load(string path) => new(path, ConfigFile.Read(path));

    /// <summary>True if the field is present and not null.</summary>
    /// <param name="field">Name of the field.</param>
    public bool Has(string field) => Find(field) is not null;

    /// <summary>A string field that must be present.</summary>
    /// <param name="field">Name of the field.</param>
    /// <exception cref="ModelConfigException">It is missing or no string.</exception>
    public string Text(string field) =>
        Find(field) is { ValueKind: JsonValueKind.String } value ? Decode(field, value) : throw Wrong(field, "strings");

    /// <summary>A string field with its default.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="fallback">Value of a missing field.</param>
    /// <exception cref="ModelConfigException">It is no string.</exception>
    public string Text(string field, string fallback) => Find(field) is null ? fallback : Text(field);

    /// <summary>One of several words.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="fallback">Value of a missing field.</param>
    /// <param name="allowed">The words.</param>
    /// <exception cref="ModelConfigException">It is another.</exception>
    public string Choice(string field, string fallback, params ReadOnlySpan<string> allowed)
    {
        string words = string.Join(", ", allowed);
        if (Find(field) is not { } value)
            return fallback;
        if (value.ValueKind != JsonValueKind.String || !allowed.Contains(Decode(field, value)))
            throw Wrong(field, words);
        return value.GetString()!;
    }

    /// <summary>A whole number in [min, max].</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="fallback">Value of a missing field.</param>
    /// <param name="min">Smallest value allowed.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <exception cref="ModelConfigException">It is no integer or outside the range.</exception>
    public int Integer(string field, int fallback, int min, int max)
    {
        if (Find(field) is not { } value)
            return fallback;
        bool isInteger = TryGetInt32(value, out int number);
        return isInteger && number >= min && number <= max ? number : throw Wrong(field, Invariant($"integers {min}..{max}"));
    }

    /// <summary>A number in [min, max], rounded to f32.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="fallback">Value of a missing field.</param>
    /// <param name="min">Smallest value allowed.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <exception cref="ModelConfigException">It is no number or outside the range.</exception>
    public float Number(string field, float fallback, float min, float max) => (float)(OptionalReal(field, min, max) ?? fallback);

    /// <summary>A number in [min, max]; never NaN.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="fallback">Value of a missing field.</param>
    /// <param name="min">Smallest value allowed.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <exception cref="ModelConfigException">It is no number or outside the range.</exception>
    public double Real(string field, double fallback, double min, double max) => OptionalReal(field, min, max) ?? fallback;

    /// <summary>A number in [min, max], or null where the field is missing.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="min">Smallest value allowed.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <exception cref="ModelConfigException">It is no number or outside the range.</exception>
    public double? OptionalReal(string field, double min, double max)
    {
        if (Find(field) is not { } value)
            return null;
        double number = ToDouble(value);
        return number >= min && number <= max ? number : throw Wrong(field, Invariant($"numbers {min}..{max}"));
    }

    /// <summary>A list of numbers in [min, max], or null where the field is missing.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="min">Smallest value allowed.</param>
    /// <param name="max">Largest value allowed.</param>
    /// <exception cref="ModelConfigException">It is no list, or an item is no number or outside the range.</exception>
    public double[]? OptionalReals(string field, double min, double max)
    {
        if (Find(field) is not { } value)
            return null;
        string allowed = Invariant($"lists of numbers {min}..{max}");
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(field, allowed);
        double[] numbers = new double[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            double number = ToDouble(item);
            if (!(number >= min && number <= max))
                throw new ModelConfigException(Path, $"{field}[{i}]", Show(item), allowed);
            numbers[i++] = number;
        }
        return numbers;
    }

    /// <summary>true or false.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="fallback">Value of a missing field.</param>
    /// <exception cref="ModelConfigException">It is neither.</exception>
    public bool Flag(string field, bool fallback) => Find(field) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(field, "true, false"),
    };

    /// <summary>The exception for a field whose value, as it stands in the file, is not allowed.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="allowed">What would have been accepted.</param>
    public ModelConfigException Wrong(string field, string allowed) => new(Path, field, Show(Find(field)), allowed);

    /// <summary>The exception for a field whose value is not usable.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="value">The value, or why it is not usable.</param>
    /// <param name="allowed">What would have been accepted.</param>
    public ModelConfigException Refuse(string field, string value, string allowed) => new(Path, field, Quoted.Path(value), allowed);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static bool TryGetInt32(JsonElement value, out int number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number);
    }

    private static double ToDouble(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when value.ValueEquals("Infinity"u8) => double.PositiveInfinity,
        JsonValueKind.String when value.ValueEquals("-Infinity"u8) => double.NegativeInfinity,
        _ => double.NaN,
    };

    private static string Show(JsonElement? found)
    {
        if (found is not { } value)
            return "missing";
        string raw = value.GetRawText();
        return raw.Length <= 100 ? Quoted.Path(raw) : $"{ConfigFile.Describe(value.ValueKind)} of {raw.Length} characters";
    }

    private string Decode(string field, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new ModelConfigException(Path, field, "no valid Unicode", "strings");
        }
    }

    private JsonElement? Find(string field) =>
        Root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
