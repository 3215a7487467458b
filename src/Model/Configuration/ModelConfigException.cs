using Ditto.Interop;

namespace Ditto.Configuration;

/// <summary>
/// A configuration file, an index or a model directory that Ditto cannot use. The message names the file, the field, the value found and
/// the values allowed; text that comes from the file is escaped and shortened.
/// </summary>
public sealed class ModelConfigException : DittoException
{
    /// <summary>An error without a message.</summary>
    public ModelConfigException()
        : this("a model's configuration cannot be used")
    {
    }

    /// <summary>An error whose message is complete: it names the file and what is wrong with it.</summary>
    /// <param name="message">The message.</param>
    public ModelConfigException(string message)
        : base(message)
    {
    }

    /// <summary>An error whose message is complete, with what the operating system or the parser said.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public ModelConfigException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A problem with a whole file or directory.</summary>
    /// <param name="file">Path or name of the file.</param>
    /// <param name="problem">What is wrong, without the file's name.</param>
    /// <param name="innerException">What the operating system or the parser said.</param>
    public ModelConfigException(string file, string problem, Exception? innerException = null)
        : base($"{Quoted.Path(file)}: {problem}", innerException) => File = file;

    /// <summary>A field whose value is not allowed.</summary>
    /// <param name="file">Path or name of the file.</param>
    /// <param name="field">The field, as it is written in the file.</param>
    /// <param name="value">The value found, or "missing".</param>
    /// <param name="allowed">What would have been accepted, for example "1..64" or "linear, scaled_linear".</param>
    public ModelConfigException(string file, string field, string value, string allowed)
        : this(file, $"{field} is {value}; allowed: {allowed}")
    {
        Field = field;
        Value = value;
        Allowed = allowed;
    }

    /// <summary>Path or name of the file or directory.</summary>
    public string File { get; } = "";

    /// <summary>The field at fault; empty where the problem is not one field's.</summary>
    public string Field { get; } = "";

    /// <summary>The value found; empty where the problem is not one field's.</summary>
    public string Value { get; } = "";

    /// <summary>What would have been accepted; empty where the problem is not one field's.</summary>
    public string Allowed { get; } = "";
}
