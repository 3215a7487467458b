using System.Diagnostics;
using System.Runtime.InteropServices;
using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Safetensors;
using NUnit.Framework;
using static Ditto.Tests.Safetensors.SafetensorsBytes;

namespace Ditto.Tests.Safetensors;

/// <summary>Good files, however unusual, and the ways to their bytes.</summary>
public sealed class SafetensorsFileTests
{
    [Test]
    public void An_empty_header_and_padding_load()
    {
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", File("{} \t\r\n  ", 0));
        Assert.That(file.Tensors, Is.Empty);
        Assert.That(file.ByteCount, Is.Zero);
    }

    [Test]
    public void Scalars_empty_tensors_unknown_fields_and_any_order_load()
    {
        string header = Header(
            Tensor("late", "U8", "[3]", "[5,8]"), Tensor("none", "F64", "[7,0]", "[5,5]"), Tensor("first", "I32", "[]", "[0,4]"),
            "\"extra\":{\"shape\":[1],\"note\":{\"deep\":[1,{\"a\":null}]},\"data_offsets\":[4,5],\"dtype\":\"BOOL\"}");
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", File(header, 8));
        Assert.That(file.Tensors.Keys, Is.EqualTo(new[] { "late", "none", "first", "extra" }));
        Assert.That(file["first"].ToArray<int>(), Is.EqualTo(new[] { 0x03020100 }));
        Assert.That(file["first"].Rank, Is.Zero);
        Assert.That(file["none"].ToArray<double>(), Is.Empty);
        Assert.That(file["none"].ElementCount, Is.Zero);
        Assert.That(file["late"].ToArray<byte>(), Is.EqualTo(new byte[] { 5, 6, 7 }));
        Assert.That(file["extra"].ToSingles(), Is.EqualTo(new[] { 1f }));
        Assert.That(file["late"].ToString(), Is.EqualTo("U8 [3]"));
    }

    [Test]
    public void Strange_names_load_and_are_not_changed()
    {
        string[] names = ["", "..", "../../etc/passwd", "a\nb", "\u202Eabc", "nul\0", new('n', 1_000_000), "\U0001F600"];
        string header = Header(
            [.. names.Select((name, i) => Tensor(System.Text.Json.JsonEncodedText.Encode(name).ToString(), "U8", "[1]", $"[{i},{i + 1}]"))]);
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", File(header, names.Length));
        Assert.That(file.Tensors.Keys, Is.EqualTo(names));
        Assert.That(file["\U0001F600"].ToArray<byte>(), Is.EqualTo(new byte[] { 7 }));
    }

    [Test]
    public void Metadata_of_50_MB_loads_in_time()
    {
        byte[] bytes = File($"{{\"__metadata__\":{{\"notes\":\"{new string('m', 50_000_000)}\"}}}}", 0);
        Stopwatch watch = Stopwatch.StartNew();
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", bytes);
        Assert.That(file.Metadata["notes"], Has.Length.EqualTo(50_000_000));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void An_unaligned_tensor_is_read_but_not_mapped()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("odd.safetensors", File(One("F32", "[1]", "[0,4]").PadRight(65), 4));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That(file["w"].ToArray<int>(), Is.EqualTo(new[] { 0x03020100 }));
        Assert.That(file["w"].TryMap(0, 4, out _), Is.False);
        Assert.That(
            () => SafetensorsFile.Open(path, SafetensorsAccess.MemoryMap),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("tensor \"w\" starts at byte 73, not a multiple of 4"));
    }

    [Test]
    public void Every_way_to_the_bytes_gives_the_same([Values] SafetensorsAccess access)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("w.safetensors", File(One("F32", "[50000]", "[0,200000]").PadRight(64), 200_000));
        using SafetensorsFile file = SafetensorsFile.Open(path, access);
        TensorEntry tensor = file["w"];
        byte[] whole = tensor.ToArray<float>().SelectMany(BitConverter.GetBytes).ToArray(), part = new byte[100], walked = new byte[200_000];
        tensor.Read(12_345, part);
        Assert.That(part, Is.EqualTo(whole[12_345..12_445]));
        int pieces = 0;
        tensor.ReadChunks((offset, bytes) => { bytes.CopyTo(walked.AsSpan((int)offset)); pieces++; }, 4096);
        Assert.That(walked, Is.EqualTo(whole));
        Assert.That(pieces, Is.EqualTo(49));
        Assert.That(tensor.TryMap(100, 50, out ReadOnlySpan<byte> mapped), Is.EqualTo(access == SafetensorsAccess.MemoryMap));
        if (access == SafetensorsAccess.MemoryMap)
            Assert.That(mapped.ToArray(), Is.EqualTo(whole[100..150]));
        Assert.That(() => tensor.Read(199_999, new byte[2]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => tensor.Read(-1, new byte[2]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => tensor.Read(new byte[2]), Throws.ArgumentException);
        Assert.That(() => tensor.ToArray<double>(), Throws.ArgumentException);
    }

    [Test]
    public void Use_after_dispose_is_an_error_and_disposing_twice_is_not([Values] SafetensorsAccess access)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("w.safetensors", File(One("U8", "[8]", "[0,8]").PadRight(64), 8));
        SafetensorsFile file = SafetensorsFile.Open(path, access), memory = SafetensorsFile.FromMemory("m", System.IO.File.ReadAllBytes(path));
        foreach (SafetensorsFile source in new[] { file, memory })
        {
            source.Dispose();
            source.Dispose();
            Assert.That(() => source["w"].ToArray<byte>(), Throws.TypeOf<ObjectDisposedException>());
        }
    }

    [Test]
    public void Types_that_the_engine_lacks_are_listed_and_refused_when_read()
    {
        string header = Header(
            Tensor("a", "F4", "[4]", "[0,2]"),
            Tensor("b", "F8_E8M0", "[2]", "[2,4]"),
            Tensor("c", "F6_E3M2", "[4]", "[4,7]"),
            Tensor("d", "C64", "[1]", "[7,15]"));
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", File(header, 15));
        foreach (TensorEntry tensor in file.Tensors.Values)
        {
            Assert.That(tensor.IsSupported, Is.False);
            Assert.That(
                () => tensor.ToSingles(),
                Throws.TypeOf<ModelFormatException>().With.Message.Contains($"has dtype {tensor.TypeName}, which is not supported"));
        }
        Assert.DoesNotThrow(file.CheckValues);
    }

    [TestCase("F64", 1.5)]
    [TestCase("F32", -0.375)]
    [TestCase("F16", 6.103515625e-05)]
    [TestCase("BF16", 3.0)]
    [TestCase("F8_E4M3", 448)]
    [TestCase("F8_E5M2", -57344)]
    [TestCase("I64", -5)]
    [TestCase("I32", -70000)]
    [TestCase("I16", -300)]
    [TestCase("I8", -128)]
    [TestCase("U64", 5)]
    [TestCase("U32", 70000)]
    [TestCase("U16", 65535)]
    [TestCase("U8", 255)]
    [TestCase("BOOL", 1)]
    public void Every_type_is_converted(string dtype, double value)
    {
        byte[] element = Element(dtype, value);
        const int count = 37;                                        // not a multiple of any vector's length
        byte[] bytes = File(One(dtype, $"[{count}]", $"[0,{count * element.Length}]"), count * element.Length);
        for (int i = 0; i < count; i++)
            element.CopyTo(bytes, bytes.Length - (i + 1) * element.Length);
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", bytes);
        Assert.That(file["w"].ToSingles(), Is.EqualTo(Enumerable.Repeat((float)value, count)));
        Assert.DoesNotThrow(file.CheckValues);
    }

    [Test]
    public void Every_bit_pattern_of_the_small_floats_is_widened_exactly()
    {
        ushort[] patterns = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] half = new float[65536], brain = new float[65536], e5m2 = new float[256], e4m3 = new float[256];
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        TensorConversion.ToSingle(DType.F16, MemoryMarshal.AsBytes<ushort>(patterns), half);
        TensorConversion.ToSingle(DType.BF16, MemoryMarshal.AsBytes<ushort>(patterns), brain);
        TensorConversion.ToSingle(DType.F8E5M2, bytes, e5m2);
        TensorConversion.ToSingle(DType.F8E4M3, bytes, e4m3);
        for (int i = 0; i < 65536; i++)
        {
            AssertSame((float)BitConverter.UInt16BitsToHalf((ushort)i), half[i]);
            AssertSame(BitConverter.UInt32BitsToSingle((uint)i << 16), brain[i]);
        }
        for (int i = 0; i < 256; i++)
        {
            AssertSame((float)BitConverter.UInt16BitsToHalf((ushort)(i << 8)), e5m2[i]);
            int exponent = (i >> 3) & 15;
            double magnitude = (exponent == 0 ? (i & 7) / 8.0 * 2 : 1 + (i & 7) / 8.0) * Math.Pow(2, exponent == 0 ? -7 : exponent - 7);
            AssertSame((i & 127) == 127 ? float.NaN : (float)(i < 128 ? magnitude : -magnitude), e4m3[i]);
        }
    }

    [TestCase("F64", double.NaN, "\"w\"[29] is NaN")]
    [TestCase("F32", double.NaN, "\"w\"[29] is NaN")]
    [TestCase("F32", double.NegativeInfinity, "\"w\"[29] is infinite")]
    [TestCase("F16", double.NaN, "\"w\"[29] is NaN")]
    [TestCase("F16", double.PositiveInfinity, "\"w\"[29] is infinite")]
    [TestCase("BF16", double.NaN, "\"w\"[29] is NaN")]
    [TestCase("F8_E5M2", double.NaN, "\"w\"[29] is NaN")]
    [TestCase("F8_E4M3", double.NaN, "\"w\"[29] is NaN")]
    public void A_value_that_is_not_finite_is_found(string dtype, double value, string expected)
    {
        byte[] element = Element(dtype, value);
        byte[] bytes = File(One(dtype, "[37]", $"[0,{37 * element.Length}]"), 37 * element.Length);
        int start = bytes.Length - 37 * element.Length;
        bytes.AsSpan(start).Clear();
        element.CopyTo(bytes, start + 29 * element.Length);
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", bytes);
        Assert.That(file.CheckValues, Throws.TypeOf<ModelFormatException>().With.Message.Contains(expected));
    }

    [Test]
    public void A_missing_tensor_and_a_wrong_shape_are_named()
    {
        using SafetensorsFile file = SafetensorsFile.FromMemory("m", File(One("U8", "[2,3]", "[0,6]"), 6));
        Assert.That(
            () => file["transformer_blocks.27.norm.weight"],
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("missing transformer_blocks.27.norm.weight"));
        Assert.That(() => file.Get("w", 3, 2), Throws.TypeOf<ModelConfigException>().With.Message.Contains("w: expected [3, 2] found [2, 3]"));
        Assert.That(file.Get("w", 2, 3).ElementCount, Is.EqualTo(6));
    }

    [Test]
    public void What_is_written_is_read_back_and_equal_inputs_give_equal_bytes()
    {
        using TemporaryFolder folder = new();
        SafetensorsTensor[] tensors =
        [
            new("flag", DType.Bool, [1], new byte[] { 1 }), SafetensorsTensor.FromSingles("b\n\"x\"", [1f, 2f, 3f], 3), new(
                "long", DType.I64, [], BitConverter.GetBytes(-7L)),
            SafetensorsTensor.FromSingles("a", [0.5f], 1, 1), new("empty", DType.F16, [0, 4], ReadOnlyMemory<byte>.Empty),
        ];
        Dictionary<string, string> metadata = new() { ["z"] = "1", ["format"] = "pt \u00E9" };
        SafetensorsWriter.Write(folder.Path("one.safetensors"), tensors, metadata);
        SafetensorsWriter.Write(folder.Path("two.safetensors"), tensors.Reverse(), metadata.Reverse().ToDictionary());
        Assert.That(
            System.IO.File.ReadAllBytes(folder.Path("two.safetensors")), Is.EqualTo(System.IO.File.ReadAllBytes(folder.Path("one.safetensors"))));
        using SafetensorsFile file = SafetensorsFile.Open(folder.Path("one.safetensors"), SafetensorsAccess.MemoryMap);
        Assert.That(file.Tensors.Keys, Is.EqualTo(new[] { "long", "a", "b\n\"x\"", "empty", "flag" }));
        Assert.That(file["b\n\"x\""].ToSingles(), Is.EqualTo(new[] { 1f, 2f, 3f }));
        Assert.That(file["long"].ToArray<long>(), Is.EqualTo(new[] { -7L }));
        Assert.That(file.Metadata, Is.EqualTo(metadata));
        Assert.That(Directory.GetFiles(folder.Root), Has.Length.EqualTo(2), "no temporary file is left");
        Assert.That(() => SafetensorsWriter.Write(folder.Path("x"), [tensors[0], tensors[0]]), Throws.ArgumentException);
        Assert.That(() => SafetensorsWriter.Write(folder.Path("x"), [tensors[0] with { Shape = [2] }]), Throws.ArgumentException);
        Assert.That(() => SafetensorsWriter.Write(folder.Path("absent/x"), tensors), Throws.InstanceOf<IOException>());
    }

    private static byte[] Element(string dtype, double value) => dtype switch
    {
        "F64" => BitConverter.GetBytes(value),
        "F32" => BitConverter.GetBytes((float)value),
        "F16" => BitConverter.GetBytes((Half)value),
        "BF16" => BitConverter.GetBytes((float)value)[2..],
        "F8_E4M3" => [double.IsNaN(value) ? (byte)0x7F : (byte)0x7E],
        "F8_E5M2" => [double.IsNaN(value) ? (byte)0x7E : (byte)0xFB],
        "I64" => BitConverter.GetBytes((long)value),
        "I32" => BitConverter.GetBytes((int)value),
        "I16" => BitConverter.GetBytes((short)value),
        "I8" => [(byte)(sbyte)value],
        "U64" => BitConverter.GetBytes((ulong)value),
        "U32" => BitConverter.GetBytes((uint)value),
        "U16" => BitConverter.GetBytes((ushort)value),
        _ => [(byte)value],
    };

    private static void AssertSame(float expected, float actual)
    {
        if (!float.IsNaN(expected) || !float.IsNaN(actual))
            Assert.That(BitConverter.SingleToUInt32Bits(actual), Is.EqualTo(BitConverter.SingleToUInt32Bits(expected)));
    }
}
