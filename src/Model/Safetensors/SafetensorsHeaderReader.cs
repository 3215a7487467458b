using System.Globalization;
using System.Text;
using System.Text.Json;
using Ditto.Configuration;

namespace Ditto.Safetensors;

/// <summary>Walks through a header's JSON by hand: duplicates, depth and the place of each fault are seen, and only what is used is kept.</summary>
internal ref struct SafetensorsHeaderReader
{
    private const int MaxDepth = 16;
    private const int MaxRank = 64;

    private readonly string file;
    private readonly ReadOnlySpan<byte> json;
    private readonly long dataByteCount;
    private Utf8JsonReader reader;

    public SafetensorsHeaderReader(string file, ReadOnlySpan<byte> json, long dataByteCount)
    {
        this.file = file;
        this.json = json;
        this.dataByteCount = dataByteCount;
        JsonReaderOptions options = new() { MaxDepth = 2 * MaxDepth };
        reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(options));   // so Read() says when the text ends early
    }

    public SafetensorsHeader Read()
    {
        Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);
        Dictionary<string, string>? metadata = null;
        Next();
        for (Next(); reader.TokenType != JsonTokenType.EndObject; Next())
        {
            string name = Text("a name");
            if (name == "__metadata__")
                metadata = metadata is null ? ReadMetadata() : throw Error($"duplicate key {Quoted.Text(name)}");
            else if (tensors.ContainsKey(name))
                throw Error($"duplicate key {Quoted.Text(name)}");
            else
                tensors.Add(name, ReadTensor(name));
        }
        CheckTail((int)reader.BytesConsumed);
        return new SafetensorsHeader(tensors, metadata ?? []);
    }

    private Dictionary<string, string> ReadMetadata()
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        Next();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            SkipValue();
            throw Error("__metadata__ must be an object of strings");
        }
        for (Next(); reader.TokenType != JsonTokenType.EndObject; Next())
        {
            string key = Text("a metadata key");
            Next();
            if (reader.TokenType != JsonTokenType.String)
            {
                SkipValue();
                throw Error($"metadata value must be a string: {Quoted.Text(key)}");
            }
            if (!metadata.TryAdd(key, Text("a metadata value")))
                throw Error($"duplicate key {Quoted.Text(key)} in __metadata__");
        }
        return metadata;
    }

    private TensorEntry ReadTensor(string name)
    {
        SafetensorsType? type = null;
        long[]? shape = null, offsets = null;
        Next();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            SkipValue();
            throw Error($"tensor {Quoted.Text(name)} must be an object");
        }
        for (Next(); reader.TokenType != JsonTokenType.EndObject; Next())
        {
            string key = Text("a key");
            if ((key == "dtype" && type is not null) || (key == "shape" && shape is not null) || (key == "data_offsets" && offsets is not null))
                throw Error($"duplicate key {Quoted.Text(key)} in tensor {Quoted.Text(name)}");
            Next();
            if (key == "dtype")
                type = ReadType(name);
            else if (key == "shape")
                shape = ReadIntegers(name, key, MaxRank);
            else if (key == "data_offsets")
                offsets = ReadIntegers(name, key, 2);
            else
                SkipValue();
        }
        return Check(
            name,
            type ?? throw Error($"tensor {Quoted.Text(name)} lacks dtype"),
            shape ?? throw Error($"tensor {Quoted.Text(name)} lacks shape"),
            offsets ?? throw Error($"tensor {Quoted.Text(name)} lacks data_offsets"));
    }

    private readonly TensorEntry Check(string name, SafetensorsType type, long[] shape, long[] offsets)
    {
        string tensor = $"tensor {Quoted.Text(name)}";
        if (offsets.Length != 2)
            throw Error($"{tensor}: data_offsets has {offsets.Length} entries; 2 needed");
        UInt128 count = shape.Contains(0) ? UInt128.Zero : UInt128.One;
        foreach (long length in shape)
        {
            count *= (ulong)length;                                  // at most 2^63 * 2^63 before the check
            if (count > long.MaxValue)
                throw Error($"{tensor}: element count overflows, shape [{string.Join(", ", shape)}]");
        }
        UInt128 bitCount = count * (uint)type.BitCount;
        if (bitCount % 8 != 0)
            throw Error($"{tensor}: {count} elements of {type.Name} are not byte aligned");
        if (bitCount / 8 > long.MaxValue)
            throw Error($"{tensor}: byte size overflows, shape [{string.Join(", ", shape)}] of {type.Name}");
        (long begin, long end, long needed) = (offsets[0], offsets[1], (long)(bitCount / 8));
        if (end < begin)
            throw Error($"{tensor}: end before begin, data_offsets [{begin}, {end}]");
        if (end > dataByteCount)
            throw Error($"{tensor} ends {Quoted.Bytes((ulong)(end - dataByteCount))} past data");
        if (end - begin != needed)
            throw Error($"{tensor}: {type.Name} [{string.Join(", ", shape)}] needs {Quoted.Bytes((ulong)needed)}, range has {end - begin}");
        return new TensorEntry(name, type, shape, (long)count, begin, end);
    }

    private readonly SafetensorsType ReadType(string name)
    {
        string found = reader.TokenType == JsonTokenType.String ? Text("a dtype") : Encoding.UTF8.GetString(Shown());
        SafetensorsType? type = reader.TokenType == JsonTokenType.String ? SafetensorsType.Find(found) : null;
        return type ?? throw Error($"tensor {Quoted.Text(name)}: unknown dtype {Quoted.Text(found)}");
    }

    private long[] ReadIntegers(string name, string key, int maxCount)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Error($"tensor {Quoted.Text(name)}: {key} must be a list");
        List<long> numbers = [];
        for (Next(); reader.TokenType != JsonTokenType.EndArray; Next())
        {
            if (numbers.Count == maxCount)
                throw Error($"tensor {Quoted.Text(name)}: {key} has more than {maxCount} entries");
            numbers.Add(ReadInteger(name, key, numbers.Count));
        }
        return [.. numbers];
    }

    private readonly long ReadInteger(string name, string key, int index)
    {
        string item = string.Create(CultureInfo.InvariantCulture, $"tensor {Quoted.Text(name)}: {key}[{index}]");
        ReadOnlySpan<byte> text = reader.TokenType == JsonTokenType.Number ? reader.ValueSpan : [];
        bool isNegative = text.StartsWith("-"u8);
        ReadOnlySpan<byte> digits = isNegative ? text[1..] : text;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw Error($"{item} is not an integer");
        string problem = key == "shape" ? "" : ": offset out of range";
        string shown = Encoding.UTF8.GetString(Shown());
        if (isNegative)
            throw Error($"{item} = {shown}{problem}");
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw Error($"{item} = {shown}{(key == "shape" ? ": element count overflows" : problem)}");
    }

    /// <summary>Passes over a value; one that is nested too deep is refused for that.</summary>
    private void SkipValue()
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        int depth = reader.CurrentDepth;
        do
            Next();
        while (reader.CurrentDepth > depth);
    }

    /// <summary>Moves to the next token.</summary>
    private void Next()
    {
        bool isRead;
        try
        {
            isRead = reader.Read();
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(file, $"header JSON is malformed at {reader.BytesConsumed}", e);
        }
        if (!isRead)
            throw Error($"header JSON ends early at {json.Length}");
        if (reader.CurrentDepth > MaxDepth)
            throw Error($"header nesting deeper than limit {MaxDepth}");
    }

    private readonly string Text(string what)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error($"{what} is not valid Unicode at {reader.TokenStartIndex}");
        }
    }

    /// <summary>The current token's text, shortened.</summary>
    private readonly ReadOnlySpan<byte> Shown() => reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 24)];

    private readonly void CheckTail(int end)
    {
        int index = json[end..].IndexOfAnyExcept(" \t\r\n"u8);
        if (index >= 0)
            throw Error($"unexpected byte 0x{json[end + index]:x2} after header JSON at {end + index}");
    }

    private readonly ModelFormatException Error(string problem) => new(file, problem);
}
