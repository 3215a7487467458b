namespace Ditto.Testing;

/// <summary>Where the repository and its reference files lie.</summary>
public static class Repository
{
    /// <summary>The folder that holds Ditto.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file below tests/reference.</summary>
    /// <param name="relative">For example <c>cuda/abi.json</c>.</param>
    public static string Reference(string relative) => Path.Combine(Root, "tests", "reference", relative);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Ditto.slnx"))) return folder.FullName;
        throw new DirectoryNotFoundException($"no Ditto.slnx above {AppContext.BaseDirectory}");
    }
}
