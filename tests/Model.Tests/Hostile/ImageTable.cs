using static Ditto.Tests.Imaging.PngBytes;

namespace Ditto.Tests.Hostile;

/// <summary>Crafted pictures: lines 63 to 70 of the list of bad inputs, as far as there is a reader, with their siblings.</summary>
internal static class ImageTable
{
    private static readonly byte[] Good = Deflate([0, 1, 0, 2]);

    /// <summary>Files that are refused.</summary>
    public static IEnumerable<HostileCase<Func<byte[]>>> Refused { get; } =
    [
        new("63", "1 x 500,000,000", () => Png(Header(1, 500_000_000, 0)), "1x500000000 pixels exceed limit 67108864"),
        new("63b", "2^32-1 on both sides", () => Png(Header(-1, -1, 0)), "pixels exceed limit"),
        new("63c", "2^31 wide", () => Png(Header(int.MinValue, 1, 0)), "2147483648x1 pixels exceed limit"),
        new("63d", "one row above the limit", () => Png(Header(8192, 8193, 0)), "8192x8193 pixels exceed limit"),
        new("63e", "as many pixels as allowed, four bytes of data", () => Png(Header(8192, 8192, 6), ("IDAT", Good)), "less data than declared"),
        new("64", "inflates past its size", () => Png(Header(1, 2, 0), ("IDAT", Deflate(new byte[5_000_000]))), "more data than declared"),
        new("64b", "one byte too many", () => Png(Header(1, 2, 0), ("IDAT", Deflate([0, 1, 0, 2, 3]))), "more data than declared"),
        new("64c", "one byte too few", () => Png(Header(1, 2, 0), ("IDAT", Deflate([0, 1, 0]))), "less data than declared: 3 of 4 bytes"),
        new("64d", "no zlib", () => Png(Header(1, 2, 0), ("IDAT", [1, 2, 3, 4, 5])), "compressed pixels are damaged"),
        new("64e", "no data", () => Png(Header(1, 2, 0)), "IDAT is missing"),
        new("64f", "empty data", () => Png(Header(1, 2, 0), ("IDAT", [])), "less data than declared"),
        new("64g", "zlib stream cut off", () => Png(Header(1, 2, 0), ("IDAT", Good[..5])), "data than declared"),
        new("66", "unknown filter", () => Png(Header(1, 2, 0), ("IDAT", Deflate([9, 1, 0, 2]))), "row 0 has the unknown filter 9"),
        new("66b", "16 bits", () => Png(Header(1, 2, 0, bits: 16)), "16 bits a channel are not supported; 8 needed"),
        new("66c", "interlaced", () => Png(Header(1, 2, 0, interlace: 1)), "interlaced files are not supported"),
        new("66d", "colour type 5", () => Png(Header(1, 2, 5)), "colour type 5 does not exist"),
        new("66e", "palette missing", () => Png(Header(1, 2, 3), ("IDAT", Good)), "the palette is missing"),
        new("66f", "palette too short", () => Png(Header(1, 2, 3), ("PLTE", [1, 2, 3]), ("IDAT", Good)), "a pixel has colour 1, the palette has 1"),
        new("66g", "palette of 4 bytes", () => Png(Header(1, 2, 3), ("PLTE", [1, 2, 3, 4]), ("IDAT", Good)), "palette is missing or damaged"),
        new("66h", "header not first", () => Png(("IDAT", Good), Header(1, 2, 0)), "IHDR must come first, found \"IDAT\""),
        new("66i", "two headers", () => Png(Header(1, 2, 0), Header(1, 2, 0)), "IHDR is repeated"),
        new("66j", "header cut off", () => Png(("IHDR", new byte[5])), "wrong length"),
        new("66k", "unknown critical chunk", () => Png(Header(1, 2, 0), ("XXXX", [])), "unknown critical chunk \"XXXX\""),
        new("66l", "chunk type that steers a terminal", () => Png(Header(1, 2, 0), ("A\n\u001b[", [])), "unknown critical chunk \"A\\n\\u001b[\""),
        new(
            "67",
            "chunk of 2^32-1 bytes",
            () => [.. Png(Header(1, 2, 0))[..33], 0xFF, 0xFF, 0xFF, 0xFF, .. "IDAT"u8, 0, 0, 0, 0],
            "chunk length 4294967295 at byte 33 exceeds file"),
        new(
            "67b",
            "chunk of 2^31-1 bytes",
            () => [.. Png(Header(1, 2, 0))[..33], 0x7F, 0xFF, 0xFF, 0xFF, .. "IDAT"u8, 0, 0, 0, 0],
            "chunk length 2147483647 at byte 33 exceeds file"),
        new("67c", "no end", () => Png(Header(1, 2, 0), ("IDAT", Good))[..^12], "IEND is missing"),
        new("67d", "cut in a chunk", () => Png(Header(1, 2, 0), ("IDAT", Good))[..50], "exceeds file"),
        new("67e", "signature only", () => Png()[..8], "file ends early at byte 8"),
        new("67f", "bit flipped", Flipped, "checksum of the chunk at byte 8 is wrong"),
        new("68", "0 x 0", () => Png(Header(0, 0, 0)), "size 0x0: both sides must be at least 1"),
        new("68b", "1 x 0", () => Png(Header(1, 0, 0)), "size 1x0: both sides must be at least 1"),
        new("70", "JPEG", () => [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3], "unsupported image type: JPEG"),
        new("70b", "WebP", () => [.. "RIFF\0\0\0\0WEBPVP8 "u8], "unsupported image type: WebP"),
        new("70c", "SVG", () => [.. "\n<svg xmlns='x'/>"u8], "unsupported image type: SVG"),
        new("70d", "GIF", () => [.. "GIF89a"u8], "unsupported image type: GIF"),
        new("70e", "BMP", () => [.. "BM\0\0\0\0"u8], "unsupported image type: BMP"),
        new("70f", "empty", () => [], "unsupported image type"),
        new("70g", "PNG that went through a text mode", () => [0x89, .. "PNG\n\x1a\n"u8], "unsupported image type"),
    ];

    private static byte[] Flipped()
    {
        byte[] file = Png(Header(1, 2, 0), ("IDAT", Good));
        file[20] ^= 1;
        return file;
    }
}
