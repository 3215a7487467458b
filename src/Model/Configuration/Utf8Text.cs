using System.Buffers;
using System.Text;

namespace Ditto.Configuration;

/// <summary>Bytes that should be UTF-8.</summary>
internal static class Utf8Text
{
    /// <summary>Where text stops being UTF-8; its length where it never does.</summary>
    /// <param name="text">Any bytes.</param>
    public static int FirstInvalidByte(ReadOnlySpan<byte> text)
    {
        int position = 0;
        while (position < text.Length && Rune.DecodeFromUtf8(text[position..], out _, out int count) == OperationStatus.Done)
            position += count;
        return position;
    }
}
