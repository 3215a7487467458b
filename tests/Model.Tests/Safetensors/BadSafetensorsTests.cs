using System.Diagnostics;
using System.Text;
using Ditto.Safetensors;
using NUnit.Framework;
using static Ditto.Tests.Safetensors.SafetensorsBytes;

namespace Ditto.Tests.Safetensors;

/// <summary>Crafted files: each must get its typed error, quickly, whichever way the file is opened.</summary>
public sealed class BadSafetensorsTests
{
    private static readonly byte[] Filler = new byte[200];

    public static IEnumerable<TestCaseData> BadFiles()
    {
        yield return Row("empty file", [], "file is 0 bytes; at least 8 needed");
        yield return Row("7 bytes", new byte[7], "file is 7 bytes; at least 8 needed");
        yield return Row("1 byte", new byte[1], "file is 1 byte; at least 8 needed");
        yield return Row("header length 0", new byte[8], "header length 0");
        yield return Row("header length 2^64-1", WithLength(ulong.MaxValue, [.. "{}"u8], 4), "header length exceeds file");
        yield return Row("header length 2^63", WithLength(1UL << 63, [.. "{}"u8], 4), "header length exceeds file");
        yield return Row("header one byte too long", WithLength(3, [.. "{}"u8], 0), "header runs 1 byte past end of file");
        yield return Row("header two bytes too long", WithLength(4, [.. "{}"u8], 0), "header runs 2 bytes past end of file");
        yield return Row("begins with a space", File(" {}", 0), "header must begin with {");
        yield return Row("begins with a byte order mark", File([0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}'], 0), "header must begin with {");
        yield return Row("begins with [", File("[]", 0), "header must begin with {");
        yield return Row("invalid UTF-8 in a name", File([.. "{\""u8, 0xFF, .. "\":1}"u8], 0), "header is not UTF-8 at byte 2");
        yield return Row("overlong UTF-8", File([.. "{\"ab"u8, 0xC0, 0x80, .. "\":1}"u8], 0), "header is not UTF-8 at byte 4");
        yield return Row("JSON cut off", File("{\"w\":{\"dtype\":\"F32\"", 0), "header JSON ends early at 19");
        yield return Row("JSON cut off in a text", File("{\"w", 0), "header JSON ends early at 3");
        yield return Row("JSON malformed", File("{\"w\" 1}", 0), "header JSON is malformed at ");
        yield return Row("trailing comma", File("{\"w\":1,}", 0), "tensor \"w\" must be an object");
        yield return Row("comment", File("{/**/}", 0), "header JSON is malformed");
        yield return Row("nested 10,000 deep", File("{\"w\":" + new string('[', 10_000), 0), "header nesting deeper than limit");
        yield return Row("unknown field nested 10,000 deep", File("{\"w\":{\"x\":" + new string('[', 10_000), 0), "header nesting deeper than limit");
        yield return Row("text after the header", File("{}x", 0), "unexpected byte 0x78 after header JSON at 2");
        yield return Row("second object after the header", File("{}{}", 0), "unexpected byte 0x7b after header JSON at 2");
        yield return Row("NULs as padding", File("{}\0\0", 0), "unexpected byte 0x00 after header JSON at 2");
    }

    public static IEnumerable<TestCaseData> BadEntries()
    {
        yield return Row(
            "duplicate tensor", File(Header(Tensor("w", "U8", "[2]", "[0,2]"), Tensor("w", "U8", "[2]", "[2,4]")), 4), "duplicate key \"w\"");
        yield return Row(
            "duplicate tensor, one escaped",
            File(Header(Tensor("w", "U8", "[2]", "[0,2]"), Tensor("\\u0077", "U8", "[2]", "[2,4]")), 4),
            "duplicate key \"w\"");
        yield return Row(
            "duplicate field",
            File("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4),
            "duplicate key \"dtype\" in tensor \"w\"");
        yield return Row("duplicate metadata", File("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "duplicate key \"__metadata__\"");
        yield return Row("duplicate metadata key", File("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0), "duplicate key \"a\"");
        yield return Row("no dtype", File("{\"w\":{\"shape\":[4],\"data_offsets\":[0,4]}}", 4), "tensor \"w\" lacks dtype");
        yield return Row("no shape", File("{\"w\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}", 4), "tensor \"w\" lacks shape");
        yield return Row("no offsets", File("{\"w\":{\"dtype\":\"U8\",\"shape\":[4]}}", 4), "tensor \"w\" lacks data_offsets");
        yield return Row("empty entry", File("{\"w\":{}}", 0), "tensor \"w\" lacks dtype");
        yield return Row("entry is a list", File("{\"w\":[]}", 0), "tensor \"w\" must be an object");
        yield return Row("entry is null", File("{\"w\":null}", 0), "tensor \"w\" must be an object");
        yield return Row("unknown dtype", File(One("F12", "[4]", "[0,4]"), 4), "unknown dtype \"F12\"");
        yield return Row("dtype in lower case", File(One("f32", "[1]", "[0,4]"), 4), "unknown dtype \"f32\"");
        yield return Row("dtype is a number", File("{\"w\":{\"dtype\":7,\"shape\":[4],\"data_offsets\":[0,4]}}", 4), "unknown dtype \"7\"");
        yield return Row("dtype is null", File("{\"w\":{\"dtype\":null,\"shape\":[4],\"data_offsets\":[0,4]}}", 4), "unknown dtype");
    }

    public static IEnumerable<TestCaseData> BadShapes()
    {
        yield return Row("negative shape", File(One("U8", "[-1]", "[0,4]"), 4), "shape[0] = -1");
        yield return Row("negative second length", File(One("U8", "[4,-9]", "[0,4]"), 4), "shape[1] = -9");
        foreach (string length in new[] { "1.5", "\"4\"", "1e3", "null", "[4]", "{}", "true" })
            yield return Row($"shape [{length}]", File(One("U8", $"[{length}]", "[0,4]"), 4), "shape[0] is not an integer");
        yield return Row("shape is a number", File(One("U8", "4", "[0,4]"), 4), "shape must be a list");
        yield return Row("shape is an object", File(One("U8", "{}", "[0,4]"), 4), "shape must be a list");
        yield return Row(
            "a thousand dimensions",
            File(One("U8", $"[{string.Join(",", Enumerable.Repeat(1, 1000))}]", "[0,1]"), 1),
            "shape has more than 64 entries");
        yield return Row("2^32 x 2^32", File(One("U8", "[4294967296,4294967296]", "[0,4]"), 4), "element count overflows");
        yield return Row("2^64", File(One("U8", "[18446744073709551616]", "[0,4]"), 4), "element count overflows");
        yield return Row("2^63", File(One("U8", "[9223372036854775808]", "[0,4]"), 4), "element count overflows");
        yield return Row(
            "three lengths of 2^62",
            File(One("U8", "[4611686018427387904,4611686018427387904,4611686018427387904]", "[0,4]"), 4),
            "element count overflows");
        yield return Row("2^61 of F64", File(One("F64", "[2305843009213693952]", "[0,4]"), 4), "byte size overflows");
    }

    public static IEnumerable<TestCaseData> BadRanges()
    {
        yield return Row("end before begin", File(One("U8", "[4]", "[4,0]"), 4), "end before begin");
        yield return Row("negative offset", File(One("U8", "[4]", "[-4,0]"), 4), "offset out of range");
        yield return Row("offset 2^64", File(One("U8", "[4]", "[0,18446744073709551616]"), 4), "offset out of range");
        yield return Row("offset 1.0", File(One("U8", "[4]", "[0,4.0]"), 4), "data_offsets[1] is not an integer");
        yield return Row("one offset", File(One("U8", "[4]", "[4]"), 4), "data_offsets has 1 entries; 2 needed");
        yield return Row("three offsets", File(One("U8", "[4]", "[0,4,4]"), 4), "data_offsets has more than 2 entries");
        yield return Row("offsets are a number", File(One("U8", "[4]", "4"), 4), "data_offsets must be a list");
        yield return Row("end one past the data", File(One("U8", "[5]", "[0,5]"), 4), "tensor \"w\" ends 1 byte past data");
        yield return Row("begin and end past the data", File(One("U8", "[2]", "[10,12]"), 4), "tensor \"w\" ends 8 bytes past data");
        yield return Row("range too short", File(One("F32", "[2,2]", "[0,12]"), 12), "needs 16 bytes, range has 12");
        yield return Row("range too long", File(One("F32", "[2,2]", "[0,20]"), 20), "needs 16 bytes, range has 20");
        yield return Row("empty shape, full range", File(One("F32", "[0]", "[0,4]"), 4), "needs 0 bytes, range has 4");
    }

    public static IEnumerable<TestCaseData> BadLayouts()
    {
        yield return Row("same range", File(Header(Tensor("a", "U8", "[4]", "[0,4]"), Tensor("b", "U8", "[4]", "[0,4]")), 4), "\"b\" overlaps \"a\"");
        yield return Row(
            "ranges cross", File(Header(Tensor("b", "U8", "[3]", "[1,4]"), Tensor("a", "U8", "[2]", "[0,2]")), 4), "\"b\" overlaps \"a\"");
        yield return Row(
            "range within another", File(Header(Tensor("a", "U8", "[4]", "[0,4]"), Tensor("b", "U8", "[1]", "[1,2]")), 4), "\"b\" overlaps \"a\"");
        yield return Row(
            "hole of a byte", File(Header(Tensor("a", "U8", "[1]", "[0,1]"), Tensor("b", "U8", "[2]", "[2,4]")), 4), "1 unused byte at 1");
        yield return Row("hole at the start", File(One("U8", "[2]", "[2,4]"), 4), "2 unused bytes at 0");
        yield return Row("bytes after the last tensor", File(One("U8", "[4]", "[0,4]"), 7), "3 bytes after last tensor");
        yield return Row("data without tensors", File("{}", 1), "1 byte after last tensor");
        yield return Row("odd number of F4", File(One("F4", "[3]", "[0,2]"), 2), "not byte aligned");
        yield return Row("three F6", File(One("F6_E2M3", "[3]", "[0,3]"), 3), "not byte aligned");
    }

    public static IEnumerable<TestCaseData> BadTexts()
    {
        yield return Row("metadata value is a number", File("{\"__metadata__\":{\"a\":1}}", 0), "metadata value must be a string: \"a\"");
        yield return Row("metadata value is null", File("{\"__metadata__\":{\"a\":null}}", 0), "metadata value must be a string");
        yield return Row("metadata value is an object", File("{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", 0), "metadata value must be a string");
        yield return Row("metadata is a list", File("{\"__metadata__\":[]}", 0), "__metadata__ must be an object of strings");
        yield return Row("metadata is a tensor", File(Header(Tensor("__metadata__", "U8", "[1]", "[0,1]")), 1), "metadata value must be a string");
        yield return Row("lone surrogate in a name", File(Header(Tensor("\\ud800", "U8", "[1]", "[0,1]")), 1), "a name is not valid Unicode");
        yield return Row("lone surrogate in metadata", File("{\"__metadata__\":{\"a\":\"\\udc00\"}}", 0), "a metadata value is not valid Unicode");
        yield return Row("pickle", [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, .. Filler], "this is a pickle checkpoint; convert first");
        yield return Row("pickle in a zip", [.. "PK\x03\x04\0\0\b\b\0\0"u8, .. Filler], "this is a pickle checkpoint; convert first");
        yield return Row("GGUF", [.. "GGUF\x03\0\0\0"u8, .. Filler], "GGUF is not supported");
        yield return Row("Git LFS pointer", [.. "version https://git-lfs.github.com/spec/v1\noid"u8], "Git LFS pointer");
        yield return Row("HDF5", [0x89, .. "HDF\r\n\x1a\n"u8, .. Filler], "HDF5 is not supported");
        yield return Row("web page", [.. "<!DOCTYPE html><html></html>"u8], "this is a web page");
    }

    [TestCaseSource(nameof(BadFiles))]
    [TestCaseSource(nameof(BadEntries))]
    [TestCaseSource(nameof(BadShapes))]
    [TestCaseSource(nameof(BadRanges))]
    [TestCaseSource(nameof(BadLayouts))]
    [TestCaseSource(nameof(BadTexts))]
    public void A_bad_file_gets_its_error(byte[] file, string expected)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Assert.That(
            () => SafetensorsFile.FromMemory("model.safetensors", file),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected).And.Message.StartsWith("model.safetensors: "));
        using TemporaryFolder folder = new();
        string path = folder.Write("model.safetensors", file);
        foreach (SafetensorsAccess access in Enum.GetValues<SafetensorsAccess>())
            Assert.That(
                () => SafetensorsFile.Open(path, access),
                Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected).And.Message.StartsWith(path));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void A_header_above_the_limit_is_refused_without_reading_it()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("sparse.safetensors");
        using (FileStream stream = new(path, FileMode.CreateNew))
        {
            stream.Write(BitConverter.GetBytes(100_000_001UL));
            stream.Write("{"u8);
            stream.SetLength(100_000_100);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(
            () => SafetensorsFile.Open(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("header larger than limit 100000000"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
    }

    [Test]
    public void A_file_that_shrinks_is_an_error_in_both_ways_of_reading([Values] SafetensorsAccess access)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("w.safetensors", File(One("U8", "[4000000]", "[0,4000000]").PadRight(128), 4_000_000));
        using SafetensorsFile file = SafetensorsFile.Open(path, access);
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            stream.SetLength(8 + 128 + 1000);
        Assert.That(() => file["w"].ToArray<byte>(), Throws.TypeOf<ModelFormatException>().With.Message.Contains("read 1000 of 4000000 bytes"));
        Assert.That(() => file["w"].ToSingles(), Throws.TypeOf<ModelFormatException>());
        byte[] head = new byte[1000];
        file["w"].Read(0, head);
        Assert.That(head[999], Is.EqualTo(999 % 256));
    }

    [Test]
    public void What_the_operating_system_refuses_is_passed_on([Values] SafetensorsAccess access)
    {
        using TemporaryFolder folder = new();
        Assert.That(
            () => SafetensorsFile.Open(folder.Path("absent.safetensors"), access),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("absent.safetensors"));
        Assert.That(
            () => SafetensorsFile.Open(folder.Path(new string('x', 5000)), access),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("cannot be"));
        Assert.That(() => SafetensorsFile.Open(folder.Root, access), Throws.TypeOf<ModelFormatException>());
        string locked = folder.Write("locked.safetensors", File("{}", 0));
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
            return;                                                  // an administrator may read everything
        System.IO.File.SetUnixFileMode(locked, UnixFileMode.None);
        Assert.That(() => SafetensorsFile.Open(locked, access), Throws.TypeOf<ModelFormatException>().With.Message.Contains("denied"));
    }

    [Test]
    public void Names_are_escaped_and_shortened_in_messages()
    {
        byte[] file = File(Header(Tensor("a\\n\\u202e\\u0000\\\"" + new string('x', 1_000_000), "U8", "[4]", "[0,3]")), 3);
        ModelFormatException? error = Assert.Throws<ModelFormatException>(() => SafetensorsFile.FromMemory("file\nname", file));
        Assert.That(error!.Message, Does.StartWith("file\\nname: tensor \"a\\n\\u202e\\u0000\\\"xxx"));
        Assert.That(error.Message, Has.Length.LessThan(400));
    }

    [Test]
    public void Mutated_files_load_or_get_the_typed_error()
    {
        byte[] good = File(
            Header("\"__metadata__\":{\"format\":\"pt\"}", Tensor("a", "F32", "[2,3]", "[0,24]"), Tensor("b", "BF16", "[4]", "[24,32]")), 32);
        Random random = new(44);
        byte[] alphabet = Encoding.ASCII.GetBytes("0123456789{}[]\",:-eF\\u \0\xFF");
        for (int i = 0; i < 100_000; i++)
        {
            byte[] file = (byte[])good.Clone();
            for (int change = random.Next(1, 5); change > 0; change--)
                file[random.Next(file.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)];
            if (random.Next(8) == 0)
                file = file[..random.Next(file.Length)];
            try
            {
                using SafetensorsFile source = SafetensorsFile.FromMemory("fuzzed", file);
                foreach (TensorEntry tensor in source.Tensors.Values.Where(tensor => tensor.IsSupported))
                    tensor.ToSingles();
            }
            catch (ModelFormatException)
            {
                // The typed error is the other answer that is allowed.
            }
        }
    }

    private static TestCaseData Row(string name, byte[] file, string expected) => new TestCaseData(file, expected).SetArgDisplayNames(name);
}
