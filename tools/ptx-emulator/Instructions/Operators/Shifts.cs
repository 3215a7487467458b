using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ditto.Emulation.Instructions.Operators;

/// <summary>Left shift; amounts from the width on give 0.</summary>
internal readonly struct ShiftLeft32 : IBinary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b)
    {
        if (Avx2.IsSupported) return Avx2.ShiftLeftLogicalVariable(a, b);
        Span<uint> result = stackalloc uint[8];
        for (int i = 0; i < 8; i++) result[i] = b[i] > 31 ? 0 : a[i] << (int)b[i];
        return Vector256.Create<uint>(result);
    }
}

/// <summary>Right shift with zeros; amounts from the width on give 0.</summary>
internal readonly struct ShiftRight32 : IBinary<uint>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b)
    {
        if (Avx2.IsSupported) return Avx2.ShiftRightLogicalVariable(a, b);
        Span<uint> result = stackalloc uint[8];
        for (int i = 0; i < 8; i++) result[i] = b[i] > 31 ? 0 : a[i] >> (int)b[i];
        return Vector256.Create<uint>(result);
    }
}

/// <summary>Right shift with the sign; amounts from the width on give the sign everywhere.</summary>
internal readonly struct ShiftRightSigned32 : IBinary<int>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Apply(Vector256<int> a, Vector256<int> b)
    {
        if (Avx2.IsSupported) return Avx2.ShiftRightArithmeticVariable(a, b.AsUInt32());
        Span<int> result = stackalloc int[8];
        for (int i = 0; i < 8; i++) result[i] = a[i] >> (int)Math.Min((uint)b[i], 31);
        return Vector256.Create<int>(result);
    }
}
