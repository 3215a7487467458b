namespace Ditto.Emulation.Decoding;

/// <summary>Where a call's arguments and results lie in the parameter memory of caller and callee.</summary>
/// <param name="Arguments">Caller's offset, callee's offset, bytes.</param>
/// <param name="Returns">Caller's offset, callee's offset, bytes.</param>
internal sealed record CallSite(IReadOnlyList<(int Caller, int Callee, int Bytes)> Arguments, IReadOnlyList<(int Caller, int Callee,
    int Bytes)> Returns);
