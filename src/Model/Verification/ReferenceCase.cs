namespace Ditto.Verification;

/// <summary>One case of a suite.</summary>
/// <param name="Name">Its name below the suite's folder.</param>
/// <param name="Run">Runs it and gives its row.</param>
/// <param name="Unsupported">Why this build cannot run it; null where it can.</param>
internal sealed record ReferenceCase(string Name, Func<CaseComparison, VerifyRow> Run, string? Unsupported = null)
{
    /// <summary>A case that this build cannot run.</summary>
    public static ReferenceCase Refused(string name, string why) => new(name, comparison => comparison.ToRow(), why);
}
