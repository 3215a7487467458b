using System.Security.Cryptography;
using System.Text;

namespace Ditto.Interop;

/// <summary>The name of a cache entry: a hash of everything that changes the binary, and of nothing else (no path, no time).</summary>
internal static class KernelCacheKey
{
    private const string Format = "ditto-kernel-1";

    /// <summary>SHA-256 in lower-case hex over source, headers, name expression, options (the architecture is one) and compiler version.</summary>
    public static string Of(KernelSource source, string nameExpression, IEnumerable<string> options, Version compiler)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Format);
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
