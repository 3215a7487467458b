namespace Ditto.Emulation.Syntax;

/// <summary>A place in the CUDA source.</summary>
/// <param name="File">Number in the module's file table.</param>
/// <param name="Line">From 1.</param>
internal sealed record PtxSourceLine(int File, int Line);
