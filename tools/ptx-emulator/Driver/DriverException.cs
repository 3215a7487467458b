using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>A call that the driver refuses.</summary>
/// <param name="result">What the call answers.</param>
/// <param name="report">Why, for a reader; empty where the result says it all.</param>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
internal sealed class DriverException(CuResult result, string report = "") : DittoException(report)
#pragma warning restore RCS1194
{
    /// <summary>What the call answers.</summary>
    public CuResult Result { get; } = result;

    /// <summary>Refuses an argument.</summary>
    /// <param name="condition">What has to hold.</param>
    /// <param name="report">Why not.</param>
    /// <exception cref="DriverException">It does not hold: <c>CUDA_ERROR_INVALID_VALUE</c>.</exception>
    public static void Require(bool condition, string report) => Require(condition, CuResult.CUDA_ERROR_INVALID_VALUE, report);

    /// <summary>Refuses a call.</summary>
    /// <param name="condition">What has to hold.</param>
    /// <param name="otherwise">What the call answers where it does not hold.</param>
    /// <param name="report">Why not.</param>
    /// <exception cref="DriverException">It does not hold.</exception>
    public static void Require(bool condition, CuResult otherwise, string report = "")
    {
        if (!condition) throw new DriverException(otherwise, report);
    }
}
