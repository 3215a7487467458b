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

internal readonly unsafe struct SByteElement : IMatmulElement<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(byte* from, long index) => ((sbyte*)from)[index];

    public static void Write(byte* to, long index, int value) => ((sbyte*)to)[index] = (sbyte)Math.Clamp(value, sbyte.MinValue, sbyte.MaxValue);
}

internal readonly unsafe struct IntElement : IMatmulElement<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(byte* from, long index) => ((int*)from)[index];

    public static void Write(byte* to, long index, int value) => ((int*)to)[index] = value;
}
