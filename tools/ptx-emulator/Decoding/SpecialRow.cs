namespace Ditto.Emulation.Decoding;

/// <summary>A special register that a function reads, kept as a row that is set when a block starts.</summary>
/// <param name="Name">For example <c>%tid.x</c>.</param>
/// <param name="Offset">Of its row.</param>
/// <param name="IsWide">64 bits a lane.</param>
internal readonly record struct SpecialRow(string Name, int Offset, bool IsWide);
