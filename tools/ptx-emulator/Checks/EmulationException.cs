using Ditto.Emulation.Execution;
using Ditto.Emulation.Syntax;
using Ditto.Interop;
using static System.FormattableString;

namespace Ditto.Emulation.Checks;

/// <summary>A kernel broke a rule. The message says which, where in PTX and CUDA source, and in which block and thread.</summary>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
internal sealed class EmulationException : DittoException
{
    /// <summary>A broken rule.</summary>
    /// <param name="kind">What was broken.</param>
    /// <param name="instruction">The instruction, where there is one.</param>
    /// <param name="block">The block.</param>
    /// <param name="thread">Linear index in the block, below 0 for none in particular.</param>
    /// <param name="problem">What happened, with addresses and values.</param>
    public EmulationException(FaultKind kind, PtxInstruction? instruction, ThreadBlock block, int thread, string problem)
        : base(Describe(kind, instruction, block, thread, problem))
    {
        Kind = kind;
        Thread = thread;
        Block = block.Index;
        PtxLine = instruction?.Line ?? 0;
        SourceLine = instruction?.Source?.Line ?? 0;
    }

    /// <summary>What was broken.</summary>
    public FaultKind Kind { get; }

    /// <summary>The block.</summary>
    public Dim3 Block { get; }

    /// <summary>Linear index of the thread in its block.</summary>
    public int Thread { get; }

    /// <summary>Line of the PTX, from 1; 0 where unknown.</summary>
    public int PtxLine { get; }

    /// <summary>Line of the CUDA source, from 1; 0 where unknown.</summary>
    public int SourceLine { get; }

    /// <summary>What a driver returns for it.</summary>
    public CuResult Result => Kind switch
    {
        FaultKind.OutOfBounds or FaultKind.Unwritten or FaultKind.PendingCopy => CuResult.CUDA_ERROR_ILLEGAL_ADDRESS,
        FaultKind.Misaligned => CuResult.CUDA_ERROR_MISALIGNED_ADDRESS,
        FaultKind.NoProgress => CuResult.CUDA_ERROR_LAUNCH_TIMEOUT,
        FaultKind.Assertion => CuResult.CUDA_ERROR_ASSERT,
        FaultKind.InvalidTarget => CuResult.CUDA_ERROR_INVALID_PC,
        _ => CuResult.CUDA_ERROR_LAUNCH_FAILED,
    };

    private static string Describe(FaultKind kind, PtxInstruction? instruction, ThreadBlock block, int thread, string problem)
    {
        string where = "";
        if (instruction is not null)
        {
            where = Invariant($", {instruction.FullName} at PTX line {instruction.Line}");
            if (instruction.Source is PtxSourceLine source) where += Invariant($" ({block.Launch.Function.FileName(source.File)}:{source.Line})");
        }
        string who = thread < 0 ? "" : $", thread {block.ThreadName(thread)}";
        return $"{kind}: {problem}; kernel {block.Launch.Function.Name}{where}, block {block.Index}{who}";
    }
}
#pragma warning restore RCS1194
