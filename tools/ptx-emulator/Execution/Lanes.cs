using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Execution;

/// <summary>The 32 lanes of a warp: masks, and rows of registers as vectors.</summary>
internal static unsafe class Lanes
{
    /// <summary>Lanes of a warp.</summary>
    public const int Count = 32;

    /// <summary>Every lane.</summary>
    public const uint All = uint.MaxValue;

    /// <summary>Bytes of a 32-bit register's row.</summary>
    public const int Row32 = Count * sizeof(uint);

    /// <summary>Bytes of a 64-bit register's row.</summary>
    public const int Row64 = Count * sizeof(ulong);

    /// <summary>Lanes that one vector of 32-bit values holds.</summary>
    public const int PerVector = 8;

    /// <summary>The vector of 32-bit lanes 8 i to 8 i + 7: all ones where a lane is in the mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Expand32(uint mask, int i)
    {
        Vector256<uint> bits = Vector256.Create(1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u);
        return Vector256.Equals(Vector256.Create(mask >> (8 * i)) & bits, bits);
    }

    /// <summary>The vector of 64-bit lanes 4 i to 4 i + 3: all ones where a lane is in the mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Expand64(uint mask, int i)
    {
        Vector256<ulong> bits = Vector256.Create(1ul, 2ul, 4ul, 8ul);
        return Vector256.Equals(Vector256.Create((ulong)(mask >> (4 * i))) & bits, bits);
    }

    /// <summary>Writes vector i of a row where lanes are active; the other lanes keep what they have.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(byte* row, int i, Vector256<T> value, uint active)
        where T : unmanaged
    {
        T* place = (T*)(row + (i * sizeof(Vector256<byte>)));
        if (active != All)
        {
            Vector256<T> old = Vector256.Load(place);
            Vector256<T> mask = sizeof(T) == sizeof(ulong) ? Expand64(active, i).As<ulong, T>() : Expand32(active, i).As<uint, T>();
            value = Vector256.ConditionalSelect(mask, value, old);
        }
        Vector256.Store(value, place);
    }

    /// <summary>Vector i of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load<T>(byte* row, int i)
        where T : unmanaged => Vector256.Load((T*)(row + (i * sizeof(Vector256<byte>))));

    /// <summary>The lowest lane of a mask that is not empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int First(uint mask) => BitOperations.TrailingZeroCount(mask);

    /// <summary>Lanes in a mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountOf(uint mask) => BitOperations.PopCount(mask);
}
