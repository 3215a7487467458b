using System.Security.Cryptography;
using System.Text;

namespace Ditto.Interop;

/// <summary>
/// Compiled kernels on disk, for all processes of a user. An entry is written beside its place and renamed into it, checked against its own
/// hash when read, and never needed: whatever goes wrong is a warning and a compilation. Folder and files are private to the user.
/// </summary>
/// <param name="folder">Where the entries lie; null for no cache.</param>
/// <param name="warn">Told about every entry or folder that could not be used.</param>
internal sealed class KernelCache(string? folder, Action<string> warn)
{
    private static readonly byte[] Magic = "DITTOKC1"u8.ToArray();
    private const string Extension = ".kernel";

    private readonly CacheFolder? place = folder is null ? null : new CacheFolder(folder);
    private bool usable = true, writable = true;

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
        if (place is null || !IsPrivate(place)) return null;
        string name = key + Extension;
        try
        {
            if (place.Read(name) is not byte[] entry) return null;
            CompiledKernel? kernel = Parse(entry, key);
            if (kernel is null) warn($"kernel cache: {Path.Combine(folder!, name)} is damaged or not an entry; compiling again");
            return kernel;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            warn($"kernel cache: {Path.Combine(folder!, name)} is not used ({problem.Message}); compiling again");
            return null;
        }
    }

    /// <summary>Publishes an entry, with the source beside it for readers.</summary>
    public void Write(string key, CompiledKernel kernel, KernelSource source)
    {
        if (!writable || place is null || !IsPrivate(place)) return;
        try
        {
            place.Create();
            place.Publish(key + ".cu", Encoding.UTF8.GetBytes(source.Text));
            place.Publish(key + Extension, Format(key, kernel));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            writable = false;                                    // one warning is enough
            warn($"kernel cache: {folder} cannot be written ({problem.Message}); kernels are compiled in every process");
        }
    }

    private bool IsPrivate(CacheFolder checkedPlace)
    {
        if (!usable) return false;
        try
        {
            checkedPlace.CheckPrivate();
            return true;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            usable = false;                                      // one warning is enough
            warn($"kernel cache: {folder} is not used ({problem.Message}); kernels are compiled in every process");
            return false;
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
        using MemoryStream content = new(entry, start, entry.Length - start);
        using BinaryReader reader = new(content, Encoding.UTF8);
        try
        {
            if (reader.ReadString() != key) return null;         // a whole entry under a foreign name
            string loweredName = reader.ReadString();
            string log = reader.ReadString();
            string ptx = reader.ReadString();
            int length = reader.ReadInt32();
            if (length != content.Length - content.Position) return null;
            return new CompiledKernel(reader.ReadBytes(length), ptx, log, loweredName);
        }
        catch (Exception wrong) when (wrong is EndOfStreamException or FormatException)
        {
            return null;                                         // a right hash over something else
        }
    }
}
