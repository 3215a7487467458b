using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ditto.CommandLine;

/// <summary>The result of a verb as one JSON object. Fields are added over time and never change their meaning within a schema version.</summary>
internal static class JsonReport
{
    /// <summary>The version of every verb's schema.</summary>
    public const int SchemaVersion = 1;

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a verb's result to standard output.</summary>
    public static void Write(Shell shell, string verb, Action<Utf8JsonWriter> fields) => shell.Out.WriteLine(ToText(verb, fields, Indented));

    /// <summary>The text of an object that starts with schemaVersion, the verb and the engine's version.</summary>
    public static string ToText(string verb, Action<Utf8JsonWriter> fields, JsonWriterOptions options)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, options))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", SchemaVersion);
            json.WriteString("verb", verb);
            json.WriteString("version", Application.Version);
            fields(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>A number, or null where it is not finite: JSON has no NaN.</summary>
    public static void WriteReal(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }

    /// <summary>A list of objects.</summary>
    public static void WriteObjects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> fields)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            fields(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
