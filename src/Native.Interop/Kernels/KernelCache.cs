using System.Security.Cryptography;
using System.Text;

namespace Ditto.Interop;

/// <summary>
/// Compiled kernels on disk, for all processes of a user. An entry is written beside its place and renamed into it, checked against its own
/// hash when read, and never needed: whatever goes wrong is a warning and a compilation.
/// </summary>
/// <param name="folder">Where the entries lie; null for no cache.</param>
/// <param name="warn">Told about every entry or folder that could not be used.</param>
internal sealed class KernelCache(string? folder, Action<string> warn)
{
    private static readonly byte[] Magic = "DITTOKC1"u8.ToArray();
    private bool writable = folder is not null;

    /// <summary><c>DITTO_CACHE_DIR</c>, else <c>XDG_CACHE_HOME/ditto/kernels</c>, else the user's cache folder; null where there is none.</summary>
    public static string? DefaultFolder()
    {
        string? named = Environment.GetEnvironmentVariable("DITTO_CACHE_DIR");
        if (!string.IsNullOrEmpty(named)) return Path.GetFullPath(named);
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
        {
            cache = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        }
        return Path.IsPathRooted(cache) ? Path.Combine(cache, "ditto", "kernels") : null;
    }

    /// <summary>The entry of this key, or null.</summary>
    public CompiledKernel? Read(string key)
    {
        if (folder is null) return null;
        string path = EntryPath(key);
        try
        {
            if (!File.Exists(path)) return null;
            CompiledKernel? kernel = Parse(File.ReadAllBytes(path), key);
            if (kernel is null) warn($"kernel cache: {path} is damaged or not an entry; compiling again");
            return kernel;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            warn($"kernel cache: {path} cannot be read ({problem.Message}); compiling again");
            return null;
        }
    }

    /// <summary>Publishes an entry, with the source beside it for readers.</summary>
    public void Write(string key, CompiledKernel kernel, KernelSource source)
    {
        if (!writable || folder is null) return;
        try
        {
            CreateFolder(folder);
            Publish(Path.Combine(folder, key + ".cu"), Encoding.UTF8.GetBytes(source.Text));
            Publish(EntryPath(key), Format(key, kernel));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            writable = false;                                    // one warning is enough
            warn($"kernel cache: {folder} cannot be written ({problem.Message}); kernels are compiled in every process");
        }
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void Publish(string path, byte[] content)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);                              // no error where it was moved
        }
    }

    private static byte[] Format(string key, CompiledKernel kernel)
    {
        using MemoryStream content = new();
        using (BinaryWriter writer = new(content, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(key);
            writer.Write(kernel.LoweredName);
            writer.Write(kernel.Log);
            writer.Write(kernel.Ptx);
            writer.Write(kernel.Cubin.Length);
            writer.Write(kernel.Cubin.Span);
        }
        byte[] payload = content.ToArray();
        return [.. Magic, .. SHA256.HashData(payload), .. payload];
    }

    private static CompiledKernel? Parse(byte[] entry, string key)
    {
        int start = Magic.Length + SHA256.HashSizeInBytes;
        if (entry.Length < start || !entry.AsSpan(0, Magic.Length).SequenceEqual(Magic)) return null;
        ReadOnlySpan<byte> payload = entry.AsSpan(start);
        if (!SHA256.HashData(payload).AsSpan().SequenceEqual(entry.AsSpan(Magic.Length, SHA256.HashSizeInBytes))) return null;
        using BinaryReader reader = new(new MemoryStream(entry, start, entry.Length - start), Encoding.UTF8);
        if (reader.ReadString() != key) return null;             // a whole entry under a foreign name
        string loweredName = reader.ReadString();
        string log = reader.ReadString();
        string ptx = reader.ReadString();
        return new CompiledKernel(reader.ReadBytes(reader.ReadInt32()), ptx, log, loweredName);
    }

    private string EntryPath(string key) => Path.Combine(folder!, key + ".kernel");
}
