namespace Ditto.Emulation.Execution;

/// <summary>One launch, its arguments already checked and packed.</summary>
/// <param name="Function">The kernel.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="DynamicSharedBytes">Dynamic shared memory of a block.</param>
/// <param name="Parameters">The parameter space: each argument at its offset.</param>
internal sealed record KernelLaunch(EmulatedFunction Function, Dim3 Grid, Dim3 Block, int DynamicSharedBytes, byte[] Parameters);
