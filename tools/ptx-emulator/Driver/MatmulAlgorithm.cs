using System.Numerics;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>
/// The 64 bytes of an algorithm: which problem and device it was found for, and how the pointers were said to be aligned. There is one way to
/// compute, but one that was chosen for other arguments is refused.
/// </summary>
internal static unsafe class MatmulAlgorithm
{
    private const ulong Mark = 0x646974746f656d75;
    private const int Operands = 4, DefaultAlignment = 256, FirstAlignment = 5, BitsEach = 8;

    /// <summary>The algorithm of a problem.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="device">The device.</param>
    /// <param name="limits">A preference: alignments of A, B, C and D in bytes.</param>
    /// <exception cref="BlasException">An alignment is no power of two: INVALID_VALUE; too little for any kernel: NOT_SUPPORTED.</exception>
    public static CublasLtMatmulAlgo Of(MatmulProblem problem, EmulatedDevice device, BlasAttributes limits)
    {
        CublasLtMatmulAlgo made = default;
        made[0] = Mark;
        made[1] = Fingerprint(problem);
        made[2] = (ulong)device.Ordinal;
        MatmulOperand[] operands = [problem.A, problem.B, problem.C, problem.D];
        for (int operand = 0; operand < Operands; operand++)
        {
            uint alignment = (uint)limits[FirstAlignment + operand, DefaultAlignment];
            BlasException.Require(BitOperations.IsPow2(alignment), $"{Name(operand)} is aligned to {alignment} bytes, no power of two");
            int unit = operands[operand].Unit;
            BlasException.Support(alignment >= unit, $"no kernel for {Name(operand)} aligned to {alignment} bytes; it needs {unit}");
            made[3] |= (ulong)BitOperations.Log2(Math.Min(alignment, DefaultAlignment)) << (BitsEach * operand);
        }
        made[4] = problem.HasBias ? AlignmentOf(problem.Bias) : 1;   // read from the pointer, as the library does
        return made;
    }

    /// <summary>Refuses what the algorithm was not chosen for.</summary>
    /// <param name="algorithm">The algorithm; null for one that takes every pointer to be aligned to 256 bytes.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="device">The device.</param>
    /// <param name="pointers">A, B, C (0 where it is not read) and D.</param>
    /// <exception cref="BlasException">Another problem or a pointer of less alignment: INVALID_VALUE; another device: ARCH_MISMATCH.</exception>
    public static void Check(CublasLtMatmulAlgo* algorithm, MatmulProblem problem, EmulatedDevice device, ReadOnlySpan<ulong> pointers)
    {
        CublasLtMatmulAlgo chosen = algorithm is null ? Of(problem, device, new BlasAttributes(BlasAttributes.PreferenceSizes)) : *algorithm;
        BlasException.Require(chosen[0] == Mark, "the algorithm is none of this library");
        if (chosen[2] != (ulong)device.Ordinal)
            throw new BlasException(CublasStatus.CUBLAS_STATUS_ARCH_MISMATCH, "the algorithm was found for another device");
        BlasException.Require(chosen[1] == Fingerprint(problem), "the algorithm was found for another problem");
        for (int operand = 0; operand < Operands; operand++)
        {
            ulong promised = 1UL << (int)((chosen[3] >> (BitsEach * operand)) & 0xff);
            ulong actual = AlignmentOf(pointers[operand]);
            BlasException.Require(actual >= promised, $"{Name(operand)} is aligned to {actual} bytes; the algorithm was chosen for {promised}");
        }
        BlasException.Require(
            !problem.HasBias || problem.Bias % chosen[4] == 0, $"the bias is 0x{problem.Bias:x}; the algorithm was chosen for {chosen[4]} bytes");
    }

    private static char Name(int operand) => "ABCD"[operand];

    private static ulong AlignmentOf(ulong address) => 1UL << BitOperations.TrailingZeroCount(address | DefaultAlignment);

    private static ulong Fingerprint(MatmulProblem problem) => (uint)(problem with { Bias = 0 }).GetHashCode();
}
