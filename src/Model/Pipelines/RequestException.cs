using Ditto.Configuration;
using Ditto.Interop;

namespace Ditto.Pipelines;

/// <summary>A generation request that cannot be carried out. The message names the option, its value and what is allowed.</summary>
public sealed class RequestException : DittoException
{
    /// <summary>An error without a message.</summary>
    public RequestException()
        : this("the request cannot be carried out")
    {
    }

    /// <summary>An error whose message is complete.</summary>
    public RequestException(string message)
        : base(message)
    {
    }

    /// <summary>An error whose message is complete, with its cause.</summary>
    public RequestException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>An option whose value is not allowed. The value is untrusted: it is escaped and shortened.</summary>
    /// <param name="option">The option's name.</param>
    /// <param name="value">The value found.</param>
    /// <param name="allowed">What would have been accepted.</param>
    public RequestException(string option, string value, string allowed)
        : base($"«{option}» is {Quoted.Line(value)}; allowed: {allowed}")
    {
    }
}
