using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Ditto.Interop;

/// <summary>Loads a native library from the first candidate that opens, and fills a table from it. A missing library is no exception.</summary>
internal static class LibraryLoader
{
    /// <summary>Opens the first candidate that can be loaded.</summary>
    /// <param name="candidates">File names or paths, best first.</param>
    /// <param name="library">The library, or null.</param>
    /// <param name="reason">Why there is none; empty on success.</param>
    public static bool TryOpen(IReadOnlyList<string> candidates, [NotNullWhen(true)] out LoadedLibrary? library, out string reason)
    {
        List<string> refused = [];
        foreach (string candidate in candidates)
        {
            if (Path.IsPathRooted(candidate) && !File.Exists(candidate)) continue;
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                library = new LoadedLibrary(candidate, handle);
                reason = "";
                return true;
            }
            if (Path.IsPathRooted(candidate)) refused.Add($"{candidate} exists but does not load");
        }
        library = null;
        string tried = string.Join(", ", candidates.Where(candidate => !Path.IsPathRooted(candidate)));
        reason = refused.Count > 0 ? string.Join("; ", refused) : tried.Length > 0 ? $"none of {tried} could be loaded" : "no file was found";
        return false;
    }

    /// <summary>Opens a library and fills a table from it.</summary>
    /// <param name="candidates">File names or paths, best first.</param>
    /// <param name="fill">Makes the table from a resolver that throws <see cref="EntryPointNotFoundException"/>.</param>
    /// <param name="table">The table, or null.</param>
    /// <param name="reason">Why there is none; empty on success.</param>
    public static bool TryFill<T>(
        IReadOnlyList<string> candidates, Func<Func<string, nint>, T> fill, [NotNullWhen(true)] out T? table, out string reason)
        where T : class
    {
        table = null;
        if (!TryOpen(candidates, out LoadedLibrary? library, out reason)) return false;
        try
        {
            table = fill(library.Resolve);
            return true;
        }
        catch (EntryPointNotFoundException missing)
        {
            reason = missing.Message;
            return false;
        }
    }

    /// <summary>Wraps a resolver that answers 0 for a missing name into one that throws.</summary>
    public static Func<string, nint> Strict(Func<string, nint> resolve, string library) => name =>
    {
        nint address = resolve(name);
        return address != 0 ? address : throw new EntryPointNotFoundException($"{library} has no function {name}");
    };
}
