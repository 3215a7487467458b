using Ditto.Configuration;

namespace Ditto.Safetensors;

/// <summary>Keeps file names that come from a model inside the model's directory.</summary>
internal static class ModelPath
{
    private const int MaxLinks = 40;

    /// <summary>
    /// The path of a file in a directory. The name must be a plain file name, and if it is a link, it must lead to a place within the
    /// directory; the "blobs" folder of a Hugging Face cache, to which all files of its snapshots lead, is allowed, too.
    /// </summary>
    /// <param name="directory">The model's directory.</param>
    /// <param name="name">Untrusted name of a file.</param>
    /// <exception cref="ModelConfigException">The name leads out of the directory.</exception>
    public static string Resolve(string directory, string name)
    {
        if (!IsPlain(name))
            throw Outside(directory, name);
        string path = Path.Combine(directory, name);
        if (!LeadsInside(directory, path))
            throw Outside(directory, name);
        return path;
    }

    /// <summary>
    /// The path of a model's own file or folder, whose name is not untrusted but which may be a link: it must lead to a place within the
    /// directory, or within the "blobs" folder of a Hugging Face cache.
    /// </summary>
    /// <param name="directory">The model's directory.</param>
    /// <param name="parts">Folder and file, for example "scheduler" and "scheduler_config.json".</param>
    /// <exception cref="ModelConfigException">The path leads out of the directory.</exception>
    public static string Within(string directory, params ReadOnlySpan<string> parts)
    {
        string path = Path.Combine([directory, .. parts]);
        return LeadsInside(directory, path)
            ? path
            : throw new ModelConfigException(path, "is a link that leads outside model directory; copy what it names into the directory");
    }

    private static bool LeadsInside(string directory, string path)
    {
        try
        {
            string home = RealPath(Path.GetFullPath(directory)), target = RealPath(Path.GetFullPath(path));
            return IsWithin(target, home) || IsWithin(target, CacheBlobs(home));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelConfigException(path, $"cannot be resolved: {Quoted.Path(e.Message)}", e);
        }
    }

    private static bool IsPlain(string name) =>
        name.Length is > 0 and <= 255 && name is not ("." or "..") && name.AsSpan().IndexOfAny("/\\:") < 0 && !name.Any(char.IsControl);

    private static ModelConfigException Outside(string directory, string name) =>
        new(directory, $"shard outside model directory: {Quoted.Text(name)}");

    private static bool IsWithin(string path, string? directory) => directory is not null
        && path.StartsWith(Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>models--ORGANISATION--NAME/blobs for a directory under models--ORGANISATION--NAME/snapshots; null elsewhere.</summary>
    private static string? CacheBlobs(string directory)
    {
        for (DirectoryInfo? at = new(directory); at?.Parent is not null; at = at.Parent)
        {
            if (at.Name == "snapshots" && at.Parent.Name.StartsWith("models--", StringComparison.Ordinal))
                return Path.Combine(at.Parent.FullName, "blobs");
        }
        return null;
    }

    /// <summary>The path with every link on the way followed.</summary>
    private static string RealPath(string path)
    {
        string root = Path.GetPathRoot(path) ?? "";
        Queue<string> parts = new(Split(path[root.Length..]));
        string real = root;
        int links = 0;
        while (parts.TryDequeue(out string? part))
        {
            string next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            if (++links > MaxLinks)
                throw new IOException("too many levels of links");
            string full = Path.GetFullPath(target, real);
            root = Path.GetPathRoot(full) ?? "";
            parts = new Queue<string>(Split(full[root.Length..]).Concat(parts));
            real = root;
        }
        return real;
    }

    private static string[] Split(string path) =>
        path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
}
