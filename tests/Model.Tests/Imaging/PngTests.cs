using System.Buffers.Binary;
using System.IO.Compression;
using Ditto.Imaging;
using Ditto.Tests.Safetensors;
using NUnit.Framework;

namespace Ditto.Tests.Imaging;

/// <summary>PNG files: what is written is read back; what is damaged or hostile gets its typed error.</summary>
public sealed class PngTests
{
    [Test]
    public void What_is_written_is_read_back([Values(1, 2, 3, 4)] int channels, [Values(1, 5, 64)] int width, [Values(1, 3, 33)] int height)
    {
        Random random = new(channels);
        byte[] pixels = [.. Enumerable.Range(0, width * height * channels).Select(i => (byte)(random.Next(4) == 0 ? random.Next(256) : i * 3))];
        Image image = new(width, height, channels, pixels);
        byte[] encoded = PngWriter.Encode(image);
        Image read = PngReader.Decode("p", encoded).Image;
        Assert.That((read.Width, read.Height, read.Channels), Is.EqualTo((width, height, channels)));
        Assert.That(read.Pixels.ToArray(), Is.EqualTo(pixels));
        Assert.That(PngWriter.Encode(image), Is.EqualTo(encoded), "the same bytes every time");
    }

    [Test]
    public void Texts_are_kept()
    {
        using TemporaryFolder folder = new();
        PngText[] texts = [new("parameters", "a cat\nSteps: 20, \u00E9"), new("ditto", "{\"\u4E2D\":\"\U0001F600\"}"), new("empty", "")];
        PngWriter.Write(folder.Path("p.png"), new Image(1, 1, 1, [7]), texts);
        PngImage read = PngReader.Read(folder.Path("p.png"));
        Assert.That(read.Texts, Is.EqualTo(texts));
        Assert.That(Directory.GetFiles(folder.Root), Has.Length.EqualTo(1), "no temporary file is left");
        Assert.That(() => PngWriter.Encode(new Image(1, 1, 1, [7]), new PngText("", "x")), Throws.ArgumentException);
        Assert.That(() => PngWriter.Encode(new Image(1, 1, 1, [7]), new PngText("a", "x\0y")), Throws.ArgumentException);
        Assert.That(() => PngWriter.Encode(new Image(1, 1, 1, [7]), new PngText(new string('k', 80), "x")), Throws.ArgumentException);
        Assert.That(() => PngWriter.Write(folder.Path("absent/p.png"), new Image(1, 1, 1, [7])), Throws.InstanceOf<IOException>());
        Assert.That(() => PngWriter.Write(folder.Root, new Image(1, 1, 1, [7])), Throws.Exception);
        Assert.That(Directory.GetFiles(folder.Root), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_palette_is_expanded_with_and_without_alpha()
    {
        byte[] rows = Deflate([0, 0, 1, 2]);
        Image plain = Decode(Header(3, 1, 3), ("PLTE", [1, 2, 3, 4, 5, 6, 7, 8, 9]), ("IDAT", rows)).Image;
        Assert.That(plain.Pixels.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9 }));
        Image alpha = Decode(Header(3, 1, 3), ("PLTE", [1, 2, 3, 4, 5, 6, 7, 8, 9]), ("tRNS", [100]), ("IDAT", rows)).Image;
        Assert.That(alpha.Pixels.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 100, 4, 5, 6, 255, 7, 8, 9, 255 }));
        Assert.That(
            () => Decode(Header(3, 1, 3), ("PLTE", [1, 2, 3]), ("IDAT", rows)),
            Throws.TypeOf<ImageFormatException>().With.Message.Contains("a pixel has colour 1, the palette has 1"));
        Assert.That(() => Decode(Header(3, 1, 3), ("IDAT", rows)), Throws.TypeOf<ImageFormatException>().With.Message.Contains("palette is missing"));
    }

    public static IEnumerable<TestCaseData> BadFiles()
    {
        byte[] good = Deflate([0, 1, 0, 2]);
        yield return Row("too many pixels", Png(Header(1, 500_000_000, 0)), "1x500000000 pixels exceed limit");
        yield return Row("2^32-1 on both sides", Png(Header(-1, -1, 0)), "pixels exceed limit");
        yield return Row("0 x 0", Png(Header(0, 0, 0)), "size 0x0");
        yield return Row("16 bits", Png(Header(1, 2, 0, bits: 16)), "16 bits a channel are not supported");
        yield return Row("interlaced", Png(Header(1, 2, 0, interlace: 1)), "interlaced files are not supported");
        yield return Row("colour type 5", Png(Header(1, 2, 5)), "colour type 5 does not exist");
        yield return Row("inflates past its size", Png(Header(1, 2, 0), ("IDAT", Deflate(new byte[5_000_000]))), "more data than declared");
        yield return Row("one byte too many", Png(Header(1, 2, 0), ("IDAT", Deflate([0, 1, 0, 2, 3]))), "more data than declared");
        yield return Row("one byte too few", Png(Header(1, 2, 0), ("IDAT", Deflate([0, 1, 0]))), "less data than declared");
        yield return Row("not zlib", Png(Header(1, 2, 0), ("IDAT", [1, 2, 3, 4, 5])), "compressed pixels are damaged");
        yield return Row("no data", Png(Header(1, 2, 0)), "IDAT is missing");
        yield return Row("unknown filter", Png(Header(1, 2, 0), ("IDAT", Deflate([9, 1, 0, 2]))), "row 0 has the unknown filter 9");
        yield return Row("header not first", Png(("IDAT", good), Header(1, 2, 0)), "IHDR must come first");
        yield return Row("two headers", Png(Header(1, 2, 0), Header(1, 2, 0)), "IHDR is repeated");
        yield return Row("short header", Png(("IHDR", new byte[5])), "wrong length");
        yield return Row("unknown critical chunk", Png(Header(1, 2, 0), ("XXXX", [])), "unknown critical chunk \"XXXX\"");
        yield return Row("no end", Png(Header(1, 2, 0), ("IDAT", good))[..^12], "IEND is missing");
        yield return Row("cut in a chunk", Png(Header(1, 2, 0), ("IDAT", good))[..50], "exceeds file");
        yield return Row(
            "chunk of 2^32-1 bytes",
            [.. Png(Header(1, 2, 0))[..33], 0xFF, 0xFF, 0xFF, 0xFF, .. "IDAT"u8, 0, 0, 0, 0],
            "chunk length 4294967295 at byte 33 exceeds file");
        byte[] flipped = Png(Header(1, 2, 0), ("IDAT", good));
        flipped[20] ^= 1;
        yield return Row("bit flipped", flipped, "checksum of the chunk at byte 8 is wrong");
        yield return Row("JPEG", [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3], "unsupported image type: JPEG");
        yield return Row("WebP", [.. "RIFF\0\0\0\0WEBPVP8 "u8], "unsupported image type: WebP");
        yield return Row("SVG", [.. "\n<svg xmlns='x'/>"u8], "unsupported image type: SVG");
        yield return Row("GIF", [.. "GIF89a"u8], "unsupported image type: GIF");
        yield return Row("empty", [], "unsupported image type");
        yield return Row("signature only", Png()[..8], "file ends early at byte 8");
    }

    [TestCaseSource(nameof(BadFiles))]
    public void A_bad_file_gets_its_error(byte[] file, string expected) =>
        Assert.That(
            () => PngReader.Decode("bad.png", file),
            Throws.TypeOf<ImageFormatException>().With.Message.Contains(expected).And.Message.StartsWith("bad.png: "));

    [Test]
    public void Compressed_texts_and_profiles_are_skipped_whatever_they_hold()
    {
        byte[] bomb = Deflate(new byte[10_000_000]);
        PngImage read = Decode(
            Header(1, 2, 0), ("zTXt", [.. "k"u8, 0, 0, .. bomb]), ("iCCP", [.. "k"u8, 0, 0, .. bomb]), ("iTXt", [.. "k"u8, 0, 1, 0, 0, 0, .. bomb]),
            ("tEXt", [.. "no separator"u8]), ("iTXt", [.. "k"u8, 0, 0]), ("IDAT", Deflate([0, 1, 0, 2])));
        Assert.That(read.Texts, Is.Empty);
        Assert.That(read.Image.Pixels.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public void A_missing_file_is_an_image_error()
    {
        using TemporaryFolder folder = new();
        Assert.That(() => PngReader.Read(folder.Path("absent.png")), Throws.TypeOf<ImageFormatException>().With.Message.Contains("cannot be read"));
        Assert.That(() => PngReader.Read(folder.Root), Throws.TypeOf<ImageFormatException>());
    }

    [Test]
    public void Mutated_files_load_or_get_the_typed_error()
    {
        byte[] good = PngWriter.Encode(new Image(9, 7, 3, [.. Enumerable.Range(0, 189).Select(i => (byte)i)]), new PngText("k", "text"));
        Random random = new(63);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] file = (byte[])good.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
                file[random.Next(8, file.Length)] = (byte)random.Next(256);
            if (random.Next(2) == 0)
                RepairChecksums(file);
            try
            {
                PngReader.Decode("fuzzed", file);
            }
            catch (ImageFormatException)
            {
                // The typed error is the other answer that is allowed.
            }
        }
    }

    private static void RepairChecksums(byte[] file)
    {
        for (int at = 8; at + 12 <= file.Length;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (at + 12 + length > file.Length)
                return;
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at + 8 + (int)length), PngChunk.Crc(file.AsSpan(at + 4, 4 + (int)length)));
            at += 12 + (int)length;
        }
    }

    private static PngImage Decode(params (string Type, byte[] Data)[] chunks) => PngReader.Decode("p", Png(chunks));

    private static byte[] Png(params (string Type, byte[] Data)[] chunks)
    {
        using MemoryStream stream = new();
        stream.Write(PngChunk.Signature);
        foreach ((string type, byte[] data) in chunks)
            PngChunk.Write(stream, type, data);
        PngChunk.Write(stream, "IEND", []);
        return stream.ToArray();
    }

    private static (string Type, byte[] Data) Header(int width, int height, byte colourType, byte bits = 8, byte interlace = 0)
    {
        byte[] data = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(data, width);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), height);
        (data[8], data[9], data[12]) = (bits, colourType, interlace);
        return ("IHDR", data);
    }

    private static byte[] Deflate(byte[] data)
    {
        using MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.Optimal))
            zlib.Write(data);
        return stream.ToArray();
    }

    private static TestCaseData Row(string name, byte[] file, string expected) => new TestCaseData(file, expected).SetArgDisplayNames(name);
}
