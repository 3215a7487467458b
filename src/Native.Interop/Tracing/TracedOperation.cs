namespace Ditto.Interop;

/// <summary>One operation as an <see cref="OperationTrace"/> saw it.</summary>
/// <param name="Kind">What it is to be compared with.</param>
/// <param name="Name">A kernel's name expression; <c>linear MxNxK</c> and what is fused into it for products; <c>copy</c> or <c>fill</c>.</param>
/// <param name="Bytes">Bytes of its operands, read and written, each counted once; 0 for a kernel that did not declare them.</param>
/// <param name="Flops">Floating-point operations of products (2 M N K) and attention (4 batch heads queries keys head_dim); else 0.</param>
/// <param name="Seconds">Time on the device, from when it could start to its end.</param>
public readonly record struct TracedOperation(OperationKind Kind, string Name, long Bytes, long Flops, double Seconds);
