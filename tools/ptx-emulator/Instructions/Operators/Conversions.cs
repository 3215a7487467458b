using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions.Operators;

/// <summary>f16 to f32.</summary>
internal readonly struct Float16ToFloat32 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Float16.ToSingle(a).AsUInt32();
}

/// <summary>bf16 to f32.</summary>
internal readonly struct BFloat16ToFloat32 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => BFloat16.ToSingle(a).AsUInt32();
}

/// <summary>f32 to f16, to nearest even.</summary>
internal readonly struct Float32ToFloat16 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Float16.FromSingle(a.AsSingle());
}

/// <summary>f32 to bf16, to nearest even.</summary>
internal readonly struct Float32ToBFloat16 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => BFloat16.FromSingle(a.AsSingle());
}

/// <summary>Two f32 to f16x2: a in the high half.</summary>
internal readonly struct Float32ToFloat16x2 : IBinary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        (Float16.FromSingle(a.AsSingle()) << 16) | Float16.FromSingle(b.AsSingle());
}

/// <summary>Two f32 to bf16x2: a in the high half.</summary>
internal readonly struct Float32ToBFloat16x2 : IBinary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        (BFloat16.FromSingle(a.AsSingle()) << 16) | BFloat16.FromSingle(b.AsSingle());
}

/// <summary>s32 to f32, to nearest even.</summary>
internal readonly struct SignedToFloat32 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Vector256.ConvertToSingle(a.AsInt32()).AsUInt32();
}

/// <summary>u32 to f32, to nearest even.</summary>
internal readonly struct UnsignedToFloat32 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Vector256.ConvertToSingle(a).AsUInt32();
}

/// <summary>f32 to s32, towards zero; clamped, NaN gives 0.</summary>
internal readonly struct Float32ToSigned : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Vector256.ConvertToInt32(a.AsSingle()).AsUInt32();
}

/// <summary>f32 to u32, towards zero; clamped, NaN gives 0.</summary>
internal readonly struct Float32ToUnsigned : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Vector256.ConvertToUInt32(a.AsSingle());
}

/// <summary>To the nearest integral value, ties to the even one; a zero keeps the operand's sign.</summary>
internal readonly struct RoundNearest32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.Round(a, MidpointRounding.ToEven);
}

/// <summary>Towards zero to an integral value.</summary>
internal readonly struct RoundZero32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.Truncate(a);
}

/// <summary>Down to an integral value.</summary>
internal readonly struct RoundDown32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.Floor(a);
}

/// <summary>Up to an integral value.</summary>
internal readonly struct RoundUp32 : IUnary<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => Vector256.Ceiling(a);
}

/// <summary>The low 8 bits.</summary>
internal readonly struct ZeroExtend8 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => a & Vector256.Create(0xffu);
}

/// <summary>The low 16 bits.</summary>
internal readonly struct ZeroExtend16 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => a & Vector256.Create(0xffffu);
}

/// <summary>The low 8 bits, extended by their sign.</summary>
internal readonly struct SignExtend8 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => ((a.AsInt32() << 24) >> 24).AsUInt32();
}

/// <summary>The low 16 bits, extended by their sign.</summary>
internal readonly struct SignExtend16 : IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => ((a.AsInt32() << 16) >> 16).AsUInt32();
}

/// <summary>An f32 operation on the bits of 32-bit lanes, denormal operands flushed to zero first.</summary>
internal readonly struct FlushedOperand<TOp> : IUnary<uint>
    where TOp : struct, IUnary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => TOp.Apply(Ieee32.FlushDenormal(a.AsSingle()).AsUInt32());
}
