namespace Ditto.Emulation.Syntax;

/// <summary>Reads PTX (ISA 8.x, the part that NVRTC emits and that inline assembly uses) into its syntax.</summary>
internal static class PtxParser
{
    /// <summary>Reads a module. Names are not resolved and instructions not looked at: that is the decoder's work.</summary>
    /// <param name="text">The whole text, without the NUL that ends it in native memory.</param>
    /// <exception cref="PtxException">It is no PTX; the message says the line, what was found and what was expected.</exception>
    public static PtxModule Parse(string text) => new PtxModuleParser(text).Parse();
}
