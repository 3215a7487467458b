using Ditto.Emulation.Counting;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>One compiled kernel: what the compiler said, and how many blocks a multiprocessor holds.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Architecture">What it was compiled for.</param>
/// <param name="BlockThreads">Threads of a block as it is launched.</param>
/// <param name="Ptxas">Registers, shared memory and spills.</param>
/// <param name="Occupancy">Blocks and warps that one multiprocessor holds.</param>
internal sealed record KernelFacts(KernelEntry Kernel, string Architecture, int BlockThreads, PtxasInfo Ptxas, Occupancy Occupancy)
{
    private const string AttentionSource = "transformer/attention.cu";
    private const int AttentionBlock = 128;                          // four warps share a tile of 64 queries

    /// <summary>Bytes that go to local memory and back for want of registers.</summary>
    public int SpillBytes => Ptxas.SpillStoreBytes + Ptxas.SpillLoadBytes;

    /// <summary>Compiles a kernel and reads the assembler's report.</summary>
    /// <exception cref="KernelCompileException">It does not compile.</exception>
    public static KernelFacts Compile(KernelCompiler compiler, KernelEntry kernel, SmLimits limits)
    {
        KernelSource source = KernelSource.Shipped(kernel.Source);
        CompiledKernel compiled = compiler.Compile(source, kernel.NameExpression, limits.Architecture, "--ptxas-options=-v");
        PtxasInfo ptxas = PtxasInfo.Parse(compiled.Log).First(info => info.Function == compiled.LoweredName);
        int block = kernel.Source == AttentionSource ? AttentionBlock : LaunchGeometry.DefaultBlock;
        return new KernelFacts(kernel, limits.Architecture, block, ptxas, Occupancy.Compute(limits, block, ptxas.Registers, ptxas.SharedBytes));
    }
}
