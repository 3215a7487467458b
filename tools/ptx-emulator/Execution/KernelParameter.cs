namespace Ditto.Emulation.Execution;

/// <summary>A kernel's argument in parameter space.</summary>
/// <param name="Name">Its name in the PTX.</param>
/// <param name="Offset">In bytes.</param>
/// <param name="Size">In bytes.</param>
internal sealed record KernelParameter(string Name, int Offset, int Size);
