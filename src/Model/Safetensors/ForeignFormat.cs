namespace Ditto.Safetensors;

/// <summary>Recognises what people give in place of safetensors, so that the message can say what to do.</summary>
internal static class ForeignFormat
{
    /// <summary>Number of bytes at the head of a file that <see cref="Describe"/> looks at.</summary>
    public const int HeadByteCount = 16;

    /// <summary>Says what a file on disk is, or null where it is nothing known or cannot be read.</summary>
    /// <param name="path">Path of the file.</param>
    public static string? DescribeFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length == 0) return null;             // a pipe or device, which may not be opened
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            Span<byte> head = stackalloc byte[HeadByteCount];
            return Describe(head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;                                                 // what follows says why, if it matters
        }
    }

    /// <summary>Says what a file is, or null where it is nothing known. Ask only when the file cannot be safetensors.</summary>
    /// <param name="head">The first bytes of the file.</param>
    public static string? Describe(ReadOnlySpan<byte> head)
    {
        bool isPickle = head.Length >= 2 && head[0] == 0x80 && head[1] is >= 1 and <= 5;
        if (isPickle || head.StartsWith("PK\x03\x04"u8))
            return "this is a pickle checkpoint; convert first, for example with torch.load(..., weights_only=True) and safetensors' save_file";
        if (head.StartsWith("GGUF"u8))
            return "GGUF is not supported; use the safetensors files of the same model";
        if (head.StartsWith("version https://"u8))
            return "this is a Git LFS pointer and not the file itself; fetch it with git lfs pull";
        if (head.Length >= 4 && head[0] == 0x89 && head[1..4].SequenceEqual("HDF"u8))
            return "HDF5 is not supported; use the safetensors files of the same model";
        return head.StartsWith("<!"u8) || head.StartsWith("<html"u8) ? "this is a web page and not a weights file; the download went wrong" : null;
    }
}
