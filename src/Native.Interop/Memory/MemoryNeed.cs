using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>What an allocation is for, so that a refusal can say it.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Purpose">What it holds, for example <c>the weights</c>.</param>
/// <param name="Advice">What to try where there is less, for example <c>a smaller batch</c>.</param>
internal readonly record struct MemoryNeed(long Bytes, string Purpose, string Advice)
{
    public const string AnyPurpose = "an allocation";

    public const string AnyAdvice = "something smaller, or a device with more memory";

    /// <summary>For example <c>the weights needs 16 bytes</c>.</summary>
    public override string ToString() => Invariant($"{Purpose} needs {Bytes} bytes");
}
