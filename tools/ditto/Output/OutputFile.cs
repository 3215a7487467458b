using System.Collections.Concurrent;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>Writes files so that a reader never sees half of one: into a temporary file beside the target, then a rename.</summary>
internal static class OutputFile
{
    private static readonly ConcurrentDictionary<string, bool> Unfinished = new(StringComparer.Ordinal);

    /// <summary>Writes a file, or leaves what was there before.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="RequestException">The file cannot be written there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = TemporaryBeside(path);
        Unfinished[temporary] = true;
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write)) write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"{path} cannot be written: {e.Message}", e);
        }
        finally
        {
            Delete(temporary);
        }
    }

    /// <summary>Finds out before a long run that a file cannot be written after it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that named it, for the message.</param>
    /// <exception cref="RequestException">It names a folder, its folder is missing, or nothing can be made there.</exception>
    public static void CheckWritable(string path, string option)
    {
        if (path.Length == 0 || Directory.Exists(path))
            throw new RequestException(option, path.Length == 0 ? "empty" : $"the folder {path}", "the name of a file");
        string temporary = TemporaryBeside(path), folder = Path.GetDirectoryName(temporary)!;
        if (!Directory.Exists(folder))
            throw new RequestException(option, path, $"a file in a folder that exists; {folder} does not");
        try
        {
            using FileStream probe = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"«{option}» is {path}, which cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Removes the temporary files of a process that is about to end.</summary>
    public static void DeleteUnfinished()
    {
        foreach (string temporary in Unfinished.Keys) Delete(temporary);
    }

    private static string TemporaryBeside(string path)
    {
        string full = Path.GetFullPath(path);
        return Path.Combine(Path.GetDirectoryName(full) ?? full, $".{Path.GetFileName(full)}.{Path.GetRandomFileName()}.tmp");
    }

    private static void Delete(string temporary)
    {
        try
        {
            File.Delete(temporary);                                  // no error where it was renamed
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;                                                  // it keeps its .tmp name and is nobody's result
        }
        Unfinished.TryRemove(temporary, out _);
    }
}
