using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Ditto.Interop;

/// <summary>Kernel sources inside this assembly, named by their path below <c>kernels/</c>.</summary>
internal static partial class KernelResources
{
    private static readonly ConcurrentDictionary<string, KernelSource> Loaded = new(StringComparer.Ordinal);

    /// <summary>The names of the sources (not of the headers).</summary>
    public static IReadOnlyList<string> Names()
    {
        IEnumerable<string> all = typeof(KernelResources).Assembly.GetManifestResourceNames();
        return [.. all.Where(name => name.EndsWith(".cu", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    /// <summary>A source with every header it reaches.</summary>
    /// <exception cref="FileNotFoundException">A file does not ship.</exception>
    public static KernelSource Load(string name) => Loaded.GetOrAdd(name, Read);

    private static KernelSource Read(string name)
    {
        string text = ReadText(name, name);
        Dictionary<string, string> headers = new(StringComparer.Ordinal);
        Dictionary<string, string> paths = new(StringComparer.Ordinal);
        AddIncludes(name, text, headers, paths);
        return new KernelSource(name, text, headers);
    }

    private static void AddIncludes(string file, string text, Dictionary<string, string> headers, Dictionary<string, string> paths)
    {
        foreach (Match include in IncludeLine().Matches(text))
        {
            string written = include.Groups[1].Value;
            string path = Resolve(file, written);
            if (paths.TryGetValue(written, out string? known))
            {
                if (known != path) throw new InvalidDataException($"{file}: \"{written}\" means {path} here and {known} elsewhere");
                continue;
            }
            string? first = paths.FirstOrDefault(seen => seen.Value == path).Key;
            paths.Add(written, path);
            if (first is not null)
            {
                headers.Add(written, $"#include \"{first}\"\n");  // to the compiler each name is a file of its own, `#pragma once` or not
                continue;
            }
            string header = ReadText(path, file);
            headers.Add(written, header);
            AddIncludes(path, header, headers, paths);
        }
    }

    private static string Resolve(string file, string written)
    {
        List<string> parts = [.. file.Split('/')[..^1]];
        foreach (string part in written.Split('/'))
        {
            if (part == "..") parts.RemoveAt(parts.Count - 1);
            else if (part != ".") parts.Add(part);
        }
        return string.Join('/', parts);
    }

    private static string ReadText(string name, string from)
    {
        Assembly assembly = typeof(KernelResources).Assembly;
        using Stream stream = assembly.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException($"no kernel source {name}, named by {from}", name);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("""^[ \t]*#[ \t]*include[ \t]+"([^"]+)"[^\n]*$""", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex IncludeLine();
}
