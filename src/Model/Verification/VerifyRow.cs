namespace Ditto.Verification;

/// <summary>The result of one reference case.</summary>
/// <param name="Case">The case, as a path below the verified folder.</param>
/// <param name="Tensor">The tensor that came closest to its tolerance, or exceeded it most.</param>
/// <param name="MaxAbs">Its largest absolute error.</param>
/// <param name="MaxRel">That error over the largest expected magnitude.</param>
/// <param name="Tolerance">What MaxRel may be (or MaxAbs, where the reference states an absolute tolerance; the note says so).</param>
/// <param name="Outcome">Passed, failed or unsupported.</param>
/// <param name="Note">Why it is unsupported, what failed, or how many tensors were compared.</param>
public sealed record VerifyRow(string Case, string Tensor, double MaxAbs, double MaxRel, double Tolerance, VerifyOutcome Outcome, string Note)
{
    /// <summary>A case that this build cannot run.</summary>
    public static VerifyRow Unsupported(string name, string why) => new(name, "", 0, 0, 0, VerifyOutcome.Unsupported, why);

    /// <summary>A case that ended with an error.</summary>
    public static VerifyRow Error(string name, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new VerifyRow(name, "", 0, 0, 0, VerifyOutcome.Failed, error.Message);
    }
}
