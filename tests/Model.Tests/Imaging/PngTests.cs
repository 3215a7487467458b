using Ditto.Imaging;
using Ditto.Tests.Safetensors;
using NUnit.Framework;
using static Ditto.Tests.Imaging.PngBytes;

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

    private static PngImage Decode(params (string Type, byte[] Data)[] chunks) => PngReader.Decode("p", Png(chunks));
}
