using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>A call that the matrix product library refuses.</summary>
/// <param name="status">What the call answers.</param>
/// <param name="report">Why, for a reader.</param>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
internal sealed class BlasException(CublasStatus status, string report) : DittoException(report)
#pragma warning restore RCS1194
{
    /// <summary>What the call answers.</summary>
    public CublasStatus Status { get; } = status;

    /// <summary>Refuses a value.</summary>
    /// <exception cref="BlasException">The condition does not hold: <c>CUBLAS_STATUS_INVALID_VALUE</c>.</exception>
    public static void Require(bool condition, string report)
    {
        if (!condition) throw new BlasException(CublasStatus.CUBLAS_STATUS_INVALID_VALUE, report);
    }

    /// <summary>Refuses what the library has no kernel for.</summary>
    /// <exception cref="BlasException">The condition does not hold: <c>CUBLAS_STATUS_NOT_SUPPORTED</c>.</exception>
    public static void Support(bool condition, string report)
    {
        if (!condition) throw new BlasException(CublasStatus.CUBLAS_STATUS_NOT_SUPPORTED, report);
    }
}
