namespace Ditto.Verification;

/// <summary>How a reference case ended.</summary>
public enum VerifyOutcome
{
    /// <summary>Every compared tensor is within its tolerance.</summary>
    Passed,

    /// <summary>A tensor is outside its tolerance, or the case could not be run.</summary>
    Failed,

    /// <summary>This build does not support the case; the note says what is missing.</summary>
    Unsupported,
}
