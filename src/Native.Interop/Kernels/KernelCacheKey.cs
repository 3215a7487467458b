using System.Security.Cryptography;
using System.Text;

namespace Ditto.Interop;

/// <summary>The name of a cache entry: a hash of everything that changes the binary, and of nothing else (no path, no time).</summary>
internal static class KernelCacheKey
{
    /// <summary>The kind of image that a GPU loads.</summary>
    public const string DefaultImageKind = "cubin";

    private const string Format = "ditto-kernel-1";

    /// <summary>SHA-256 in lower-case hex over source, headers, name expression, options (the architecture is one) and compiler version.</summary>
    /// <param name="source">The source and its headers.</param>
    /// <param name="nameExpression">The instantiation.</param>
    /// <param name="options">The compiler's options.</param>
    /// <param name="compiler">The compiler's version.</param>
    /// <param name="imageKind">Keeps images of different kinds apart that the same compiler made of the same source.</param>
    public static string Of(
        KernelSource source, string nameExpression, IEnumerable<string> options, Version compiler, string imageKind = DefaultImageKind)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, imageKind == DefaultImageKind ? Format : $"{Format} {imageKind}");
        Append(hash, compiler.ToString());
        Append(hash, nameExpression);
        foreach (string option in options) Append(hash, option);
        Append(hash, source.Text);
        foreach ((string name, string text) in source.Headers.OrderBy(header => header.Key, StringComparer.Ordinal))
        {
            Append(hash, name);
            Append(hash, text);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes((long)bytes.Length));   // lengths, so that no two lists of texts look alike
        hash.AppendData(bytes);
    }
}
