using System.Runtime.CompilerServices;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Driver;

/// <summary>How elements of a matrix are read as, and rounded from, what products are summed in.</summary>
/// <typeparam name="T">What is summed in.</typeparam>
internal unsafe interface IMatmulElement<T>
{
    /// <summary>The exact value of an element.</summary>
    static abstract T Read(byte* from, long index);

    /// <summary>Stores a value, rounded once.</summary>
    static abstract void Write(byte* to, long index, T value);
}

internal readonly unsafe struct SingleElement : IMatmulElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Read(byte* from, long index) => ((float*)from)[index];

    public static void Write(byte* to, long index, float value) => ((float*)to)[index] = value;
}

internal readonly unsafe struct DoubleElement : IMatmulElement<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Read(byte* from, long index) => ((double*)from)[index];

    public static void Write(byte* to, long index, double value) => ((double*)to)[index] = value;
}

internal readonly unsafe struct BFloat16Element : IMatmulElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Read(byte* from, long index) => BFloat16.ToSingle(((ushort*)from)[index]);

    public static void Write(byte* to, long index, float value) => ((ushort*)to)[index] = BFloat16.FromSingle(value);
}

internal readonly unsafe struct HalfElement : IMatmulElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Read(byte* from, long index) => (float)((Half*)from)[index];

    public static void Write(byte* to, long index, float value) => ((Half*)to)[index] = (Half)value;
}

/// <summary>f32 that is rounded before it is multiplied.</summary>
internal readonly unsafe struct RoundedElement<TRounding> : IMatmulElement<float>
    where TRounding : struct, IMatmulRounding
{
    public static float Read(byte* from, long index) => TRounding.Round(((float*)from)[index]);

    public static void Write(byte* to, long index, float value) => ((float*)to)[index] = value;
}

/// <summary>What tensor cores take in place of an f32.</summary>
internal interface IMatmulRounding
{
    /// <summary>Rounds to the nearest number of the format.</summary>
    static abstract float Round(float value);
}

internal readonly struct TensorFloatRounding : IMatmulRounding
{
    public static float Round(float value) => BitConverter.UInt32BitsToSingle(TensorFloat32.FromSingle(value, Rounding.NearestEven));
}

internal readonly struct HalfRounding : IMatmulRounding
{
    public static float Round(float value) => (float)(Half)value;
}

internal readonly struct BFloat16Rounding : IMatmulRounding
{
    public static float Round(float value) => BFloat16.ToSingle(BFloat16.FromSingle(value));
}

internal readonly unsafe struct SByteElement : IMatmulElement<int>, IMatmulElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int IMatmulElement<int>.Read(byte* from, long index) => ((sbyte*)from)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float IMatmulElement<float>.Read(byte* from, long index) => ((sbyte*)from)[index];

    static void IMatmulElement<int>.Write(byte* to, long index, int value) =>
        ((sbyte*)to)[index] = (sbyte)Math.Clamp(value, sbyte.MinValue, sbyte.MaxValue);

    static void IMatmulElement<float>.Write(byte* to, long index, float value) =>
        ((sbyte*)to)[index] = (sbyte)Math.Clamp(MathF.Round(value), sbyte.MinValue, sbyte.MaxValue);   // a NaN becomes 0
}

internal readonly unsafe struct IntElement : IMatmulElement<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(byte* from, long index) => ((int*)from)[index];

    public static void Write(byte* to, long index, int value) => ((int*)to)[index] = value;
}
