namespace Ditto.Testing;

/// <summary>A folder for one test, deleted with everything in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ditto-test-");

    /// <summary>Its path.</summary>
    public string Path => folder.FullName;

    /// <summary>A folder with a copy of another one's files.</summary>
    /// <param name="source">The folder to copy.</param>
    public static TemporaryFolder CopyOf(string source)
    {
        TemporaryFolder copy = new();
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = System.IO.Path.Combine(copy.Path, System.IO.Path.GetRelativePath(source, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Delete(recursive: true);
}
