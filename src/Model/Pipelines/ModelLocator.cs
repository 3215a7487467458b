using Ditto.Demo;

namespace Ditto.Pipelines;

/// <summary>From what a user calls a model to its directory.</summary>
public static class ModelLocator
{
    /// <summary>The directory of a model: <c>demo</c> is the one that ships with Ditto, anything else is a path.</summary>
    /// <param name="nameOrPath">The name or path.</param>
    /// <exception cref="RequestException">There is no such directory.</exception>
    public static string Resolve(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        if (nameOrPath == DemoModel.Name) return DemoModel.ModelDirectory;
        if (File.Exists(nameOrPath))
            throw new RequestException($"model «{nameOrPath}» is a file; a diffusers directory (with model_index.json) was expected");
        return Directory.Exists(nameOrPath)
            ? nameOrPath
            : throw new RequestException("model", $"«{nameOrPath}», which does not exist", $"{DemoModel.Name}, or a diffusers directory");
    }
}
