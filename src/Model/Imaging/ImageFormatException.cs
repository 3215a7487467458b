using Ditto.Configuration;
using Ditto.Interop;

namespace Ditto.Imaging;

/// <summary>An image file that cannot be read: damaged, hostile, too large or of another kind.</summary>
public sealed class ImageFormatException : DittoException
{
    /// <summary>An error without a message.</summary>
    public ImageFormatException()
        : this("an image cannot be read")
    {
    }

    /// <summary>An error whose message is complete.</summary>
    /// <param name="message">The message.</param>
    public ImageFormatException(string message)
        : base(message)
    {
    }

    /// <summary>An error whose message is complete, with its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public ImageFormatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A problem with one file.</summary>
    /// <param name="file">Path or name of the file.</param>
    /// <param name="problem">What is wrong, without the file's name.</param>
    /// <param name="innerException">The cause.</param>
    public ImageFormatException(string file, string problem, Exception? innerException = null)
        : base($"{Quoted.Path(file)}: {problem}", innerException) => File = file;

    /// <summary>Path or name of the file.</summary>
    public string File { get; } = "";
}
