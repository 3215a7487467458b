using Ditto.Emulation.Memory;

namespace Ditto.CommandLine;

/// <summary>The first element on an emulated GPU that is not what the reference device has.</summary>
/// <param name="Tensor">The tensor's name.</param>
/// <param name="Index">The element's place in it.</param>
/// <param name="Expected">On the reference device.</param>
/// <param name="Found">On the emulated GPU.</param>
/// <param name="Allowed">The most that they may differ by.</param>
/// <param name="WrongCount">Elements of the tensor that are wrong.</param>
/// <param name="Count">Elements of the tensor.</param>
/// <param name="Writer">Who wrote it last on the emulated GPU; null for nobody.</param>
internal sealed record WrongValue(
    string Tensor, IReadOnlyList<long> Index, double Expected, double Found, double Allowed, long WrongCount, long Count, LastWriter? Writer)
{
    /// <summary>For example <c>y[3, 17] is 0.5, expected 0.25 within 1e-6 (1 of 4096 elements is wrong)</c>.</summary>
    public string Describe() => Readable.Invariant($"{Tensor}[{string.Join(", ", Index)}] is {Found:g9}, expected {Expected:g9} within {Allowed:g2} ")
        + Readable.Invariant($"({WrongCount} of {Count} elements {(WrongCount == 1 ? "is" : "are")} wrong)");
}
