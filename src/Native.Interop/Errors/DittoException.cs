namespace Ditto.Interop;

/// <summary>Base of every error that Ditto reports on its own account (wrong arguments stay <see cref="ArgumentException"/>).</summary>
/// <param name="message">What went wrong, in one sentence.</param>
/// <param name="innerException">The cause, where there is one.</param>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
public abstract class DittoException(string message, Exception? innerException = null) : Exception(message, innerException);
#pragma warning restore RCS1194
