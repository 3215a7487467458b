using static Ditto.Tests.Safetensors.SafetensorsBytes;

namespace Ditto.Tests.Hostile;

/// <summary>Crafted weight files: lines 1 to 40, 61 and 62 of the list of bad inputs, with their siblings.</summary>
internal static class SafetensorsTable
{
    private static readonly byte[] Filler = new byte[200];

    private static readonly HostileCase<Func<byte[]>>[] Headers =
    [
        new("1", "empty file", () => [], "file is 0 bytes; at least 8 needed"),
        new("2", "7 bytes", () => new byte[7], "file is 7 bytes; at least 8 needed"),
        new("2b", "1 byte", () => new byte[1], "file is 1 byte; at least 8 needed"),
        new("3", "header length 0", () => new byte[8], "header length 0"),
        new("4", "header length 2^64-1", () => WithLength(ulong.MaxValue, [.. "{}"u8], 4), "header length exceeds file"),
        new("5", "header length 2^63", () => WithLength(1UL << 63, [.. "{}"u8], 4), "header length exceeds file"),
        new("6", "header one byte too long", () => WithLength(3, [.. "{}"u8], 0), "header runs 1 byte past end of file"),
        new("6b", "header two bytes too long", () => WithLength(4, [.. "{}"u8], 0), "header runs 2 bytes past end of file"),
        new("8", "begins with a space", () => File(" {}", 0), "header must begin with {"),
        new("8b", "begins with a byte order mark", () => File([0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}'], 0), "header must begin with {"),
        new("8c", "begins with [", () => File("[]", 0), "header must begin with {"),
        new("9", "invalid UTF-8 in a name", () => File([.. "{\""u8, 0xFF, .. "\":1}"u8], 0), "header is not UTF-8 at byte 2"),
        new("9b", "overlong UTF-8", () => File([.. "{\"ab"u8, 0xC0, 0x80, .. "\":1}"u8], 0), "header is not UTF-8 at byte 4"),
        new("10", "JSON cut off", () => File("{\"w\":{\"dtype\":\"F32\"", 0), "header JSON ends early at 19"),
        new("10b", "JSON cut off in a text", () => File("{\"w", 0), "header JSON ends early at 3"),
        new("10c", "JSON malformed", () => File("{\"w\" 1}", 0), "header JSON is malformed at "),
        new("10d", "trailing comma", () => File("{\"w\":1,}", 0), "tensor \"w\" must be an object"),
        new("10e", "comment", () => File("{/**/}", 0), "header JSON is malformed"),
        new("11", "nested 10,000 deep", () => File("{\"w\":" + new string('[', 10_000), 0), "header nesting deeper than limit"),
        new("11b", "unknown field nested 10,000 deep", () => File("{\"w\":{\"x\":" + new string('[', 10_000), 0), "header nesting deeper than limit"),
        new("12", "text after the header", () => File("{}x", 0), "unexpected byte 0x78 after header JSON at 2"),
        new("12b", "second object after the header", () => File("{}{}", 0), "unexpected byte 0x7b after header JSON at 2"),
        new("13", "NULs as padding", () => File("{}\0\0", 0), "unexpected byte 0x00 after header JSON at 2"),
        new("5b", "header length 2^63-1", () => WithLength(long.MaxValue, [.. "{}"u8], 4), "header length exceeds file"),
        new("8d", "begins with NUL", () => File([0, (byte)'}'], 0), "header must begin with {"),
        new("9c", "UTF-8 cut off", () => File([.. "{\"a"u8, 0xE2, 0x82], 0), "header is not UTF-8 at byte 3"),
        new("10f", "two commas", () => File("{,,}", 0), "header JSON is malformed"),
        new("10g", "NaN", () => File(One("U8", "[NaN]", "[0,4]"), 4), "header JSON is malformed"),
        new("10h", "single quotes", () => File("{'w':1}", 0), "header JSON is malformed"),
        new("11c", "objects nested 10,000 deep", () => File(Repeated("{\"a\":", 10_000), 0), "header nesting deeper than limit"),
        new(
            "11d",
            "metadata nested 10,000 deep",
            () => File("{\"__metadata__\":{\"a\":" + new string('[', 10_000), 0),
            "header nesting deeper than limit"),
        new("11e", "closed nesting", () => File($"{{\"w\":{Repeated("[", 10_000)}{Repeated("]", 10_000)}}}", 0), "header nesting deeper than limit"),
    ];

    private static readonly HostileCase<Func<byte[]>>[] Entries =
    [
        new(
            "14",
            "duplicate tensor",
            () => File(Header(Tensor("w", "U8", "[2]", "[0,2]"), Tensor("w", "U8", "[2]", "[2,4]")), 4),
            "duplicate key \"w\""),
        new(
            "14b",
            "duplicate tensor, one escaped",
            () => File(Header(Tensor("w", "U8", "[2]", "[0,2]"), Tensor("\\u0077", "U8", "[2]", "[2,4]")), 4),
            "duplicate key \"w\""),
        new(
            "15",
            "duplicate field",
            () => File("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4),
            "duplicate key \"dtype\" in tensor \"w\""),
        new("14c", "duplicate metadata", () => File("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "duplicate key \"__metadata__\""),
        new("37", "duplicate metadata key", () => File("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0), "duplicate key \"a\""),
        new("16", "no dtype", () => File("{\"w\":{\"shape\":[4],\"data_offsets\":[0,4]}}", 4), "tensor \"w\" lacks dtype"),
        new("16b", "no shape", () => File("{\"w\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}", 4), "tensor \"w\" lacks shape"),
        new("16c", "no offsets", () => File("{\"w\":{\"dtype\":\"U8\",\"shape\":[4]}}", 4), "tensor \"w\" lacks data_offsets"),
        new("16d", "empty entry", () => File("{\"w\":{}}", 0), "tensor \"w\" lacks dtype"),
        new("16e", "entry is a list", () => File("{\"w\":[]}", 0), "tensor \"w\" must be an object"),
        new("16f", "entry is null", () => File("{\"w\":null}", 0), "tensor \"w\" must be an object"),
        new("17", "unknown dtype", () => File(One("F12", "[4]", "[0,4]"), 4), "unknown dtype \"F12\""),
        new("17b", "dtype in lower case", () => File(One("f32", "[1]", "[0,4]"), 4), "unknown dtype \"f32\""),
        new("17c", "dtype is a number", () => File("{\"w\":{\"dtype\":7,\"shape\":[4],\"data_offsets\":[0,4]}}", 4), "unknown dtype \"7\""),
        new("17d", "dtype is null", () => File("{\"w\":{\"dtype\":null,\"shape\":[4],\"data_offsets\":[0,4]}}", 4), "unknown dtype"),
        new("17e", "dtype of 1 MB", () => File(One(new string('F', 1_000_000), "[4]", "[0,4]"), 4), "unknown dtype \"FFFF"),
        new("17f", "dtype with spaces", () => File(One(" F32", "[1]", "[0,4]"), 4), "unknown dtype \" F32\""),
    ];

    private static readonly HostileCase<Func<byte[]>>[] Shapes =
    [
        new("18", "negative shape", () => File(One("U8", "[-1]", "[0,4]"), 4), "shape[0] = -1"),
        new("18b", "negative second length", () => File(One("U8", "[4,-9]", "[0,4]"), 4), "shape[1] = -9"),
        new("19", "shape [1.5]", () => File(One("U8", "[1.5]", "[0,4]"), 4), "shape[0] is not an integer"),
        new("19d", "shape [\"4\"]", () => File(One("U8", "[\"4\"]", "[0,4]"), 4), "shape[0] is not an integer"),
        new("19e", "shape [1e3]", () => File(One("U8", "[1e3]", "[0,4]"), 4), "shape[0] is not an integer"),
        new("19f", "shape [null]", () => File(One("U8", "[null]", "[0,4]"), 4), "shape[0] is not an integer"),
        new("19g", "shape [[4]]", () => File(One("U8", "[[4]]", "[0,4]"), 4), "shape[0] is not an integer"),
        new("19h", "shape [{}]", () => File(One("U8", "[{}]", "[0,4]"), 4), "shape[0] is not an integer"),
        new("19i", "shape [true]", () => File(One("U8", "[true]", "[0,4]"), 4), "shape[0] is not an integer"),
        new("19b", "shape is a number", () => File(One("U8", "4", "[0,4]"), 4), "shape must be a list"),
        new("19c", "shape is an object", () => File(One("U8", "{}", "[0,4]"), 4), "shape must be a list"),
        new(
            "20",
            "a thousand dimensions",
            () => File(One("U8", $"[{string.Join(",", Enumerable.Repeat(1, 1000))}]", "[0,1]"), 1),
            "shape has more than 64 entries"),
        new("21", "2^32 x 2^32", () => File(One("U8", "[4294967296,4294967296]", "[0,4]"), 4), "element count overflows"),
        new("21b", "2^64", () => File(One("U8", "[18446744073709551616]", "[0,4]"), 4), "element count overflows"),
        new("21c", "2^63", () => File(One("U8", "[9223372036854775808]", "[0,4]"), 4), "element count overflows"),
        new(
            "21d",
            "three lengths of 2^62",
            () => File(One("U8", "[4611686018427387904,4611686018427387904,4611686018427387904]", "[0,4]"), 4),
            "element count overflows"),
        new("22", "2^61 of F64", () => File(One("F64", "[2305843009213693952]", "[0,4]"), 4), "byte size overflows"),
        new("19k", "a length of a million digits", () => File(One("U8", $"[{new string('9', 1_000_000)}]", "[0,4]"), 4), "element count overflows"),
        new("19l", "minus a million digits", () => File(One("U8", $"[-{new string('9', 1_000_000)}]", "[0,4]"), 4), "shape[0] = -999"),
        new("19m", "minus zero", () => File(One("U8", "[-0]", "[0,0]"), 0), "shape[0] = -0"),
        new("22b", "2^62 of C64", () => File(One("C64", "[4611686018427387904]", "[0,4]"), 4), "byte size overflows"),
        new("21e", "zero beside 2^63", () => File(One("U8", "[0,9223372036854775808]", "[0,0]"), 0), "element count overflows"),
    ];

    private static readonly HostileCase<Func<byte[]>>[] Ranges =
    [
        new("25", "end before begin", () => File(One("U8", "[4]", "[4,0]"), 4), "end before begin"),
        new("26", "negative offset", () => File(One("U8", "[4]", "[-4,0]"), 4), "offset out of range"),
        new("26b", "offset 2^64", () => File(One("U8", "[4]", "[0,18446744073709551616]"), 4), "offset out of range"),
        new("26c", "offset 1.0", () => File(One("U8", "[4]", "[0,4.0]"), 4), "data_offsets[1] is not an integer"),
        new("26d", "one offset", () => File(One("U8", "[4]", "[4]"), 4), "data_offsets has 1 entries; 2 needed"),
        new("26e", "three offsets", () => File(One("U8", "[4]", "[0,4,4]"), 4), "data_offsets has more than 2 entries"),
        new("26f", "offsets are a number", () => File(One("U8", "[4]", "4"), 4), "data_offsets must be a list"),
        new("27", "end one past the data", () => File(One("U8", "[5]", "[0,5]"), 4), "tensor \"w\" ends 1 byte past data"),
        new("27b", "begin and end past the data", () => File(One("U8", "[2]", "[10,12]"), 4), "tensor \"w\" ends 8 bytes past data"),
        new("28", "range too short", () => File(One("F32", "[2,2]", "[0,12]"), 12), "needs 16 bytes, range has 12"),
        new("29", "range too long", () => File(One("F32", "[2,2]", "[0,20]"), 20), "needs 16 bytes, range has 20"),
        new("29b", "empty shape, full range", () => File(One("F32", "[0]", "[0,4]"), 4), "needs 0 bytes, range has 4"),
        new("26g", "offset null", () => File(One("U8", "[4]", "[null,4]"), 4), "data_offsets[0] is not an integer"),
        new("27c", "end at 2^63-1", () => File(One("U8", "[9223372036854775807]", "[0,9223372036854775807]"), 4), "past data"),
    ];

    private static readonly HostileCase<Func<byte[]>>[] Layout =
    [
        new("30", "same range", () => File(Header(Tensor("a", "U8", "[4]", "[0,4]"), Tensor("b", "U8", "[4]", "[0,4]")), 4), "\"b\" overlaps \"a\""),
        new(
            "31",
            "ranges cross",
            () => File(Header(Tensor("b", "U8", "[3]", "[1,4]"), Tensor("a", "U8", "[2]", "[0,2]")), 4),
            "\"b\" overlaps \"a\""),
        new(
            "31b",
            "range within another",
            () => File(Header(Tensor("a", "U8", "[4]", "[0,4]"), Tensor("b", "U8", "[1]", "[1,2]")), 4),
            "\"b\" overlaps \"a\""),
        new(
            "32",
            "hole of a byte",
            () => File(Header(Tensor("a", "U8", "[1]", "[0,1]"), Tensor("b", "U8", "[2]", "[2,4]")), 4),
            "1 unused byte at 1"),
        new("32b", "hole at the start", () => File(One("U8", "[2]", "[2,4]"), 4), "2 unused bytes at 0"),
        new("33", "bytes after the last tensor", () => File(One("U8", "[4]", "[0,4]"), 7), "3 bytes after last tensor"),
        new("33b", "data without tensors", () => File("{}", 1), "1 byte after last tensor"),
        new("39", "odd number of F4", () => File(One("F4", "[3]", "[0,2]"), 2), "not byte aligned"),
        new("39b", "three F6", () => File(One("F6_E2M3", "[3]", "[0,3]"), 3), "not byte aligned"),
        new("33c", "one byte missing", () => File(One("U8", "[4]", "[0,4]"), 3), "tensor \"w\" ends 1 byte past data"),
    ];

    private static readonly HostileCase<Func<byte[]>>[] Texts =
    [
        new("35", "metadata value is a number", () => File("{\"__metadata__\":{\"a\":1}}", 0), "metadata value must be a string: \"a\""),
        new("35b", "metadata value is null", () => File("{\"__metadata__\":{\"a\":null}}", 0), "metadata value must be a string"),
        new("35c", "metadata value is an object", () => File("{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", 0), "metadata value must be a string"),
        new("35d", "metadata is a list", () => File("{\"__metadata__\":[]}", 0), "__metadata__ must be an object of strings"),
        new("35e", "metadata is a tensor", () => File(Header(Tensor("__metadata__", "U8", "[1]", "[0,1]")), 1), "metadata value must be a string"),
        new("38k", "lone surrogate in a name", () => File(Header(Tensor("\\ud800", "U8", "[1]", "[0,1]")), 1), "a name is not valid Unicode"),
        new("38l", "lone surrogate in metadata", () => File("{\"__metadata__\":{\"a\":\"\\udc00\"}}", 0), "a metadata value is not valid Unicode"),
        new("61", "pickle", () => [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, .. Filler], "this is a pickle checkpoint; convert first"),
        new("61b", "pickle in a zip", () => [.. "PK\x03\x04\0\0\b\b\0\0"u8, .. Filler], "this is a pickle checkpoint; convert first"),
        new("62", "GGUF", () => [.. "GGUF\x03\0\0\0"u8, .. Filler], "GGUF is not supported"),
        new("62b", "Git LFS pointer", () => [.. "version https://git-lfs.github.com/spec/v1\noid"u8], "Git LFS pointer"),
        new("62c", "HDF5", () => [0x89, .. "HDF\r\n\x1a\n"u8, .. Filler], "HDF5 is not supported"),
        new("62d", "web page", () => [.. "<!DOCTYPE html><html></html>"u8], "this is a web page"),
        new(
            "38m",
            "name that steers a terminal",
            () => File(Header(Tensor("\\u001b[2J\\u202e\\u0000\\n", "U8", "[4]", "[0,3]")), 3),
            "tensor \"\\u001b[2J\\u202e\\u0000\\n\": U8 [4] needs 4 bytes, range has 3"),
        new(
            "38n",
            "name of 1 MB",
            () => File(Header(Tensor(new string('x', 1_000_000), "U8", "[4]", "[0,3]")), 3),
            "xxx... (1000000 characters)\": U8 [4] needs 4 bytes"),
        new("61c", "pickle of protocol 5", () => [0x80, 0x05, .. Filler], "this is a pickle checkpoint; convert first"),
        new("62e", "web page in capitals", () => [.. "<!doctype HTML>"u8, .. Filler], "this is a web page"),
    ];

    /// <summary>Files that are refused.</summary>
    public static IEnumerable<HostileCase<Func<byte[]>>> Refused => [.. Headers, .. Entries, .. Shapes, .. Ranges, .. Layout, .. Texts];

    /// <summary>Files that are unusual and load.</summary>
    public static IEnumerable<HostileCase<Func<byte[]>>> Loaded { get; } =
    [
        new("23", "a zero in the shape", () => File(One("F32", "[3,0,2]", "[0,0]"), 0)),
        new("23b", "zeros beside 2^62", () => File(One("F64", "[0,4611686018427387904]", "[0,0]"), 0)),
        new("24", "scalar", () => File(One("F32", "[]", "[0,4]"), 4)),
        new("34", "out of offset order", () => File(Header(Tensor("b", "U8", "[2]", "[2,4]"), Tensor("a", "U8", "[2]", "[0,2]")), 4)),
        new("35f", "empty metadata", () => File("{\"__metadata__\":{}}", 0)),
        new("36", "metadata of 50 MB", () => File($"{{\"__metadata__\":{{\"notes\":\"{new string('m', 50_000_000)}\"}}}}", 0)),
        new("38", "name of 1 MB", () => File(Header(Tensor(new string('n', 1_000_000), "U8", "[1]", "[0,1]")), 1)),
        new("38b", "empty name", () => File(Header(Tensor("", "U8", "[1]", "[0,1]")), 1)),
        new("38c", "name with NUL", () => File(Header(Tensor("a\\u0000", "U8", "[1]", "[0,1]")), 1)),
        new("38d", "name ..", () => File(Header(Tensor("../../etc/passwd", "U8", "[1]", "[0,1]")), 1)),
        new("38e", "name with newline", () => File(Header(Tensor("a\\nb", "U8", "[1]", "[0,1]")), 1)),
        new("38f", "right-to-left mark", () => File(Header(Tensor("\\u202eabc", "U8", "[1]", "[0,1]")), 1)),
        new("40", "unaligned F32", () => File(One("F32", "[1]", "[0,4]").PadRight(65), 4)),
    ];

    private static string Repeated(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
