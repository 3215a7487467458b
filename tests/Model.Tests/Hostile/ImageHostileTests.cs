using Ditto.Imaging;
using Ditto.Tests.Safetensors;
using NUnit.Framework;
using static Ditto.Tests.Imaging.PngBytes;

namespace Ditto.Tests.Hostile;

/// <summary>Pictures of unknown origin.</summary>
public sealed class ImageHostileTests
{
    [TestCaseSource(typeof(ImageTable), nameof(ImageTable.Refused))]
    public void A_bad_picture_gets_its_error(HostileCase<Func<byte[]>> row)
    {
        byte[] file = row.Make();
        string message = Refusal.Of<ImageFormatException>(row.Says, file.Length, 16, () => PngReader.Decode("bad\n.png", file));
        Assert.That(message, Does.StartWith("bad\\n.png: "));
        using TemporaryFolder folder = new();
        string path = folder.Write("bad.png", file);
        string[] says = file.Length == 0 ? ["file is 0 bytes; 1 to 268435456 allowed"] : row.Says;
        message = Refusal.Of<ImageFormatException>(says, file.Length, 16, () => PngReader.Read(path));
        Assert.That(message, Does.StartWith(path));
    }

    /// <summary>Line 65: bombs in chunks that do not change the pixels are passed over unread.</summary>
    [Test]
    public void Bombs_in_texts_and_profiles_are_skipped()
    {
        byte[] bomb = Deflate(new byte[20_000_000]);
        (string, byte[])[] texts = [.. Enumerable.Repeat(("tEXt", (byte[])[.. "k\0"u8, .. new byte[2000]]), 1000)];
        byte[] file = Png(
            [Header(1, 2, 0), ("zTXt", [.. "k\0\0"u8, .. bomb]), ("iCCP", [.. "k\0\0"u8, .. bomb]), ("iTXt", [.. "k\0\x01\0\0\0"u8, .. bomb]),
            ("tEXt", [.. "k\0"u8, .. new byte[2_000_000]]), .. texts, ("IDAT", Deflate([0, 1, 0, 2]))]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        PngImage read = PngReader.Decode("p", file);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4_000_000));
        Assert.That(read.Texts, Has.Count.LessThanOrEqualTo(64));
        Assert.That(read.Image.Pixels.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
    }

    /// <summary>Line 63 from the other side: the widest and the tallest picture of a row that is allowed load.</summary>
    [TestCase(1 << 20, 1)]
    [TestCase(1, 1 << 20)]
    public void Narrow_pictures_load(int width, int height)
    {
        byte[] rows = new byte[(width + 1) * height];
        Assert.That(PngReader.Decode("p", Png(Header(width, height, 0), ("IDAT", Deflate(rows)))).Image.Width, Is.EqualTo(width));
    }

    [Test]
    public void What_the_operating_system_refuses_is_passed_on()
    {
        using TemporaryFolder folder = new();
        string pipe = folder.Path("pipe.png");
        if (Pipes.TryMake(pipe)) Refuse(pipe, "file is 0 bytes");
        Refuse(folder.Path("absent.png"), "cannot be read");
        Refuse(folder.Path("nul\0"), "cannot be read");
        Refuse(folder.Path(new string('x', 5000)), "cannot be read");
        Refuse(folder.Root, "cannot be read");
        string large = folder.Path("large.png");
        using (FileStream stream = new(large, FileMode.CreateNew))
            stream.SetLength(PngReader.MaxByteCount + 1L);
        Refuse(large, "file is 268435457 bytes; 1 to 268435456 allowed");

        static void Refuse(string path, string says) => Refusal.Of<ImageFormatException>([says], 0, 0, () => PngReader.Read(path));
    }
}
