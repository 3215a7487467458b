using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>
/// A folder that only its owner can write to. What lies in it is loaded into a device, so a place where others could put something is not used:
/// folder and files must belong to this user (or to the superuser) and must not be writable for group or others.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class CacheFolder(string path)
{
    private const UnixFileMode WritableForOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The largest file that is read, in bytes.</summary>
    public const long MaxBytes = 64L << 20;

    /// <summary>Makes the folder, with access for its owner alone, where it is missing.</summary>
    /// <exception cref="IOException">It cannot be made, or others could write to it.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public void Create()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, Private | UnixFileMode.UserExecute);
        CheckPrivate();
    }

    /// <summary>Refuses a folder that others can write to; one that is missing is none.</summary>
    /// <exception cref="IOException">Others can write to it, or it belongs to another user.</exception>
    public void CheckPrivate()
    {
        if (!OperatingSystem.IsWindows() && Directory.Exists(path)) CheckOwner(path, File.GetUnixFileMode(path));
    }

    /// <summary>A file's bytes, or null where it is missing.</summary>
    /// <exception cref="IOException">It cannot be read, is too large, or others could have written it.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public byte[]? Read(string name)
    {
        string file = Path.Combine(path, name);
        if (!File.Exists(file)) return null;
        if (!IsRegular(file)) throw new IOException($"{file} is no file");   // opening a pipe would wait for ever
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows()) CheckOwner(file, File.GetUnixFileMode(stream.SafeFileHandle));
        if (stream.Length > MaxBytes) throw new IOException(Invariant($"{file} has {stream.Length} bytes; an entry has at most {MaxBytes}"));
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    /// <summary>Writes a file beside its place, with access for its owner alone, and renames it into it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public void Publish(string name, byte[] content)
    {
        string file = Path.Combine(path, name), temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Private;
        try
        {
            using (FileStream stream = new(temporary, options)) stream.Write(content);
            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);                              // no error where it was moved
        }
    }

    private static void CheckOwner(string file, UnixFileMode mode)
    {
        if ((mode & WritableForOthers) != 0)
            throw new IOException($"{file} can be written by other users ({mode & WritableForOthers}); 'chmod go-w' makes it usable");
        if (FileOwner.Of(file) is uint owner && owner != 0 && owner != FileOwner.Self)
            throw new IOException(Invariant($"{file} belongs to user {owner}, and this process runs as user {FileOwner.Self}"));
    }

    private static bool IsRegular(string file) => OperatingSystem.IsWindows() || FileOwner.IsRegularFile(file);
}
