namespace Ditto.Interop;

/// <summary>A kernel did not compile. The message holds the compiler's whole log.</summary>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
public sealed class KernelCompileException : DittoException
#pragma warning restore RCS1194
{
    /// <summary>The kernel's source file and name expression.</summary>
    public string Kernel { get; }

    /// <summary>The options that the compiler was given.</summary>
    public IReadOnlyList<string> Options { get; }

    /// <summary>The compiler's log.</summary>
    public string Log { get; }

    internal KernelCompileException(string kernel, IReadOnlyList<string> options, string reason, string log)
        : base($"{kernel} does not compile with {string.Join(' ', options)}: {reason}{(log.Length == 0 ? "" : Environment.NewLine + log)}")
    {
        Kernel = kernel;
        Options = options;
        Log = log;
    }
}
