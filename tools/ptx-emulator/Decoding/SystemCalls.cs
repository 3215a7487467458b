using Ditto.Emulation.Checks;
using Ditto.Emulation.Instructions;
using Ditto.Emulation.Syntax;

namespace Ditto.Emulation.Decoding;

/// <summary>Functions that the system has to bring: <c>__assertfail</c>, <c>vprintf</c>.</summary>
internal static class SystemCalls
{
    /// <summary>Decodes a call of one.</summary>
    /// <returns>False where the name is another function's.</returns>
    public static bool TryDecode(FunctionDecoder f, string name, PtxOperand[] returns, PtxOperand[] arguments)
    {
        switch (name)
        {
            case "__assertfail":
                f.Emit(new Trap(FaultKind.Assertion, "an assertion failed"));
                return true;
            case "vprintf" or "malloc" or "free" or "cudaGraphSetConditional":
                throw f.Unsupported($"the emulator has no {name} ({arguments.Length} arguments, {returns.Length} results)");
            default:
                return false;
        }
    }
}
