using Ditto.Configuration;
using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>
/// A weights file that is not what it says it is. The message names the file, the tensor and the sizes in bytes; names that come from the
/// file are escaped and shortened.
/// </summary>
public sealed class ModelFormatException : DittoException
{
    /// <summary>An error without a message.</summary>
    public ModelFormatException()
        : this("a weights file cannot be used")
    {
    }

    /// <summary>An error whose message is complete: it names the file and what is wrong with it.</summary>
    /// <param name="message">The message.</param>
    public ModelFormatException(string message)
        : base(message)
    {
    }

    /// <summary>An error whose message is complete, with what the operating system or the parser said.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public ModelFormatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A problem with one file.</summary>
    /// <param name="file">Path or name of the file.</param>
    /// <param name="problem">What is wrong, without the file's name.</param>
    /// <param name="innerException">What the operating system or the parser said.</param>
    public ModelFormatException(string file, string problem, Exception? innerException = null)
        : base($"{Quoted.Path(file)}: {problem}", innerException) => File = file;

    /// <summary>Path or name of the file.</summary>
    public string File { get; } = "";
}
