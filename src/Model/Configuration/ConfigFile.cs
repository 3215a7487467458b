using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Ditto.Configuration;

/// <summary>
/// Reads the JSON files of a model directory. They come from Python, so the bare words NaN, Infinity and -Infinity are accepted (as strings);
/// everything else is strict: one object, no duplicate fields, no comments, bounded size and depth.
/// </summary>
public static class ConfigFile
{
    /// <summary>Largest file that is read, in bytes.</summary>
    public const int MaxByteCount = 16_000_000;

    private const int MaxDepth = 64;

    private static readonly string[] PythonNumbers = ["-Infinity", "Infinity", "NaN"];

    /// <summary>Reads a file whose root is an object.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="maxByteCount">Largest size that is accepted, in bytes.</param>
    /// <returns>The root object. It stays valid: nothing has to be disposed.</returns>
    /// <exception cref="ModelConfigException">The file is missing, cannot be read, is larger than the limit or is not a JSON object.</exception>
    public static JsonElement Read(string path, int maxByteCount = MaxByteCount)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length == 0)                     // nothing to parse; and a pipe has length 0, and opening it could block for ever
                throw new ModelConfigException(path, "not valid JSON: file is 0 bytes, or no regular file");
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (stream.Length > maxByteCount)
                throw new ModelConfigException(path, $"file is {Quoted.Bytes((ulong)stream.Length)}; allowed: up to {maxByteCount}");
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelConfigException(path, "file is missing", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ModelConfigException(path, $"cannot be read: {Quoted.Path(e.Message)}", e);
        }
        return Parse(path, bytes);
    }

    /// <summary>Parses bytes whose root is an object.</summary>
    /// <param name="name">Path or name for messages.</param>
    /// <param name="utf8">UTF-8 text, with or without a byte order mark.</param>
    /// <exception cref="ModelConfigException">The bytes are not one JSON object.</exception>
    public static JsonElement Parse(string name, ReadOnlySpan<byte> utf8)
    {
        ArgumentNullException.ThrowIfNull(name);
        ReadOnlySpan<byte> text = utf8.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
        if (!Utf8.IsValid(text))
            throw new ModelConfigException(name, $"not valid JSON: not UTF-8 at byte {Utf8Text.FirstInvalidByte(utf8)}");
        JsonDocumentOptions options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
        try
        {
            using JsonDocument document = JsonDocument.Parse(QuotePythonNumbers(text), options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new ModelConfigException(name, $"the root must be a JSON object, found {Describe(document.RootElement.ValueKind)}");
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new ModelConfigException(name, $"not valid JSON: {Quoted.Path(e.Message)}", e);
        }
        catch (InvalidOperationException e)                          // the search for duplicates decodes the names of fields
        {
            throw new ModelConfigException(name, "not valid JSON: the name of a field is no valid Unicode", e);
        }
    }

    internal static string Describe(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    /// <summary>Puts quotes around NaN, Infinity and -Infinity where they stand outside of strings.</summary>
    private static byte[] QuotePythonNumbers(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf("Infinity"u8) < 0 && text.IndexOf("NaN"u8) < 0)
            return text.ToArray();
        using MemoryStream output = new(text.Length + 16);
        bool isInString = false;
        for (int i = 0; i < text.Length; i++)
        {
            byte b = text[i];
            int word = isInString ? 0 : PythonNumberLength(text[i..]);
            if (word > 0)
            {
                output.WriteByte((byte)'"');
                output.Write(text.Slice(i, word));
                output.WriteByte((byte)'"');
                i += word - 1;
                continue;
            }
            output.WriteByte(b);
            if (isInString && b == '\\' && i + 1 < text.Length)
                output.WriteByte(text[++i]);
            else if (b == '"')
                isInString = !isInString;
        }
        return output.ToArray();
    }

    private static int PythonNumberLength(ReadOnlySpan<byte> text)
    {
        if (text[0] is not ((byte)'-' or (byte)'I' or (byte)'N'))
            return 0;
        foreach (string word in PythonNumbers)
        {
            if (text.Length >= word.Length && text[..word.Length].SequenceEqual(Encoding.ASCII.GetBytes(word)))
                return word.Length;
        }
        return 0;
    }
}
