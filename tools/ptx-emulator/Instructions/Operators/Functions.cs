using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions.Operators;

/// <summary>2^a.</summary>
internal readonly struct Exponential : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => ApproximateVector.Ex2(a);
}

/// <summary>2^a, denormal operands and results flushed.</summary>
internal readonly struct FlushedExponential : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => ApproximateVector.Ex2(a, ftz: true);
}

/// <summary>1 / sqrt(a).</summary>
internal readonly struct ReciprocalRoot : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => ApproximateVector.Rsqrt(a);
}
