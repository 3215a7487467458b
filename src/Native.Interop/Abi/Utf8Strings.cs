using System.Runtime.InteropServices;
using System.Text;

namespace Ditto.Interop;

/// <summary>An array of NUL-terminated UTF-8 strings in native memory.</summary>
internal sealed unsafe class Utf8Strings : IDisposable
{
    private readonly nint[] texts;
    private readonly byte** pointers;

    /// <summary>Copies the strings.</summary>
    public Utf8Strings(IEnumerable<string> values)
    {
        texts = [.. values.Select(Marshal.StringToCoTaskMemUTF8)];
        pointers = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, texts.Length), (nuint)sizeof(byte*));
        for (int i = 0; i < texts.Length; i++) pointers[i] = (byte*)texts[i];
    }

    /// <summary>The array.</summary>
    public byte** Pointers => pointers;

    /// <summary>One string as bytes with a NUL at the end.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>Frees the copies.</summary>
    public void Dispose()
    {
        foreach (nint text in texts) Marshal.FreeCoTaskMem(text);
        NativeMemory.Free(pointers);
    }
}
