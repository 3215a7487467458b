using Ditto.Demo;
using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.Pipelines;

/// <summary>From what a user calls a model to its directory.</summary>
public static class ModelLocator
{
    /// <summary>The directory of a model: <c>demo</c> is the one that ships with Ditto, anything else is a path.</summary>
    /// <param name="nameOrPath">The name or path.</param>
    /// <exception cref="RequestException">There is no such directory.</exception>
    /// <exception cref="ModelFormatException">It is a file of a format that Ditto knows and does not read, such as a pickle.</exception>
    public static string Resolve(string nameOrPath)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        if (nameOrPath == DemoModel.Name) return DemoModel.ModelDirectory;
        if (Directory.Exists(nameOrPath)) return nameOrPath;
        throw File.Exists(nameOrPath) ? IsFile(nameOrPath) : Refuse($"{(nameOrPath.Length == 0 ? "empty" : nameOrPath)}, which does not exist");
    }

    private static DittoException IsFile(string path) => ForeignFormat.DescribeFile(path) is { } format
        ? new ModelFormatException(path, format)
        : Refuse($"{path}, which is a file");

    private static RequestException Refuse(string value) =>
        new("model", value, $"{DemoModel.Name}, or a diffusers directory (with model_index.json)");
}
