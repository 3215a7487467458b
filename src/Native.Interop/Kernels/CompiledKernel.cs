namespace Ditto.Interop;

/// <summary>What the compiler made of one kernel.</summary>
/// <param name="Cubin">The binary; empty where the architecture is a virtual one (<c>compute_90</c>).</param>
/// <param name="Ptx">The PTX text; empty where the binary came from the disk cache.</param>
/// <param name="Log">The compiler's log.</param>
/// <param name="LoweredName">The kernel's name inside the binary.</param>
public sealed record CompiledKernel(ReadOnlyMemory<byte> Cubin, string Ptx, string Log, string LoweredName);
