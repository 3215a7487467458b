using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions;

/// <summary>How a register packs matrix elements.</summary>
internal interface IFragmentFormat
{
    /// <summary>Elements of a 32-bit register: 1, 2, 4 or 8.</summary>
    static abstract int PerRegister { get; }

    /// <summary>Makes 32-bit values, f32 or s32, of the elements in the lowest bits; bits above are ignored.</summary>
    static abstract Vector256<uint> Widen(Vector256<uint> low);
}

/// <summary>Takes matrix elements out of registers.</summary>
/// <param name="perRegister">Elements of a 32-bit register.</param>
internal abstract unsafe class FragmentFormat(int perRegister)
{
    /// <summary>Elements of a 32-bit register.</summary>
    public int PerRegister => perRegister;

    /// <summary>Widens a row of registers to 32-bit values.</summary>
    /// <param name="row">32 registers.</param>
    /// <param name="elements">(elements of a register, 32 lanes).</param>
    public abstract void Widen(byte* row, uint* elements);

    /// <summary>Gathers A, or an f16 C, whose registers hold runs of a matrix row: PTX ISA, mma fragments; g = lane / 4, q = lane % 4.</summary>
    /// <param name="rows">Register r: row g + 8 (r &amp; 1), columns e q + i + 4 e (r / 2).</param>
    /// <param name="count">Registers.</param>
    /// <param name="tile">(matrix rows, depth).</param>
    /// <param name="depth">Columns.</param>
    public void GatherRows(byte** rows, int count, uint* tile, int depth)
    {
        uint* elements = stackalloc uint[8 * Lanes.Count];
        for (int r = 0; r < count; r++)
        {
            Widen(rows[r], elements);
            uint* start = tile + (8 * (r & 1) * depth) + (4 * perRegister * (r >> 1));
            for (int i = 0; i < perRegister; i++)
            {
                uint* from = elements + (i * Lanes.Count), to = start + i;
                for (int g = 0; g < 8; g++, from += 4, to += depth)
                {
                    to[0] = from[0];
                    to[perRegister] = from[1];
                    to[2 * perRegister] = from[2];
                    to[3 * perRegister] = from[3];
                }
            }
        }
    }

    /// <summary>Gathers B, whose registers hold runs of a matrix column.</summary>
    /// <param name="rows">Register r: rows e q + i + 4 e r, column g.</param>
    /// <param name="count">Registers.</param>
    /// <param name="tile">(depth, 8).</param>
    public void GatherColumns(byte** rows, int count, uint* tile)
    {
        uint* elements = stackalloc uint[8 * Lanes.Count];
        for (int r = 0; r < count; r++)
        {
            Widen(rows[r], elements);
            for (int i = 0; i < perRegister; i++)
            {
                Vector256<ulong> v0 = Vector256.Load((ulong*)(elements + (i * Lanes.Count))),
                    v1 = Vector256.Load((ulong*)(elements + (i * Lanes.Count) + 8));
                Vector256<ulong> v2 = Vector256.Load((ulong*)(elements + (i * Lanes.Count) + 16));
                Vector256<ulong> v3 = Vector256.Load((ulong*)(elements + (i * Lanes.Count) + 24));
                Vector256<ulong> even0 = Vector256.Narrow(v0, v1).AsUInt64(), even1 = Vector256.Narrow(v2, v3).AsUInt64();                // q = 0, 2
                Vector256<ulong> odd0 = Vector256.Narrow(v0 >> 32, v1 >> 32).AsUInt64(), odd1 = Vector256.Narrow(v2 >> 32, v3 >> 32).AsUInt64();
                uint* to = tile + (8 * ((4 * perRegister * r) + i));
                int next = 8 * perRegister;
                Vector256.Store(Vector256.Narrow(even0, even1), to);
                Vector256.Store(Vector256.Narrow(odd0, odd1), to + next);
                Vector256.Store(Vector256.Narrow(even0 >> 32, even1 >> 32), to + (2 * next));
                Vector256.Store(Vector256.Narrow(odd0 >> 32, odd1 >> 32), to + (3 * next));
            }
        }
    }
}

/// <summary>The same for one format.</summary>
internal sealed unsafe class FragmentFormat<TFormat>() : FragmentFormat(TFormat.PerRegister)
    where TFormat : struct, IFragmentFormat
{
    /// <inheritdoc/>
    public override void Widen(byte* row, uint* elements)
    {
        for (int j = 0; j < 4; j++)
        {
            Vector256<uint> packed = Lanes.Load<uint>(row, j);
            for (int i = 0; i < TFormat.PerRegister; i++)
                Vector256.Store(TFormat.Widen(packed >> (i * (32 / TFormat.PerRegister))), elements + (i * Lanes.Count) + (8 * j));
        }
    }
}

/// <summary>f16, as f32.</summary>
internal readonly struct HalfFragment : IFragmentFormat
{
    public static int PerRegister => 2;

    public static Vector256<uint> Widen(Vector256<uint> low) => Float16.ToSingle(low).AsUInt32();
}

/// <summary>bf16, as f32.</summary>
internal readonly struct BrainFragment : IFragmentFormat
{
    public static int PerRegister => 2;

    public static Vector256<uint> Widen(Vector256<uint> low) => BFloat16.ToSingle(low).AsUInt32();
}

/// <summary>tf32, as f32: the low 13 bits of the register are ignored.</summary>
internal readonly struct TensorFloatFragment : IFragmentFormat
{
    public static int PerRegister => 1;

    public static Vector256<uint> Widen(Vector256<uint> low) => low & Vector256.Create(0xffff_e000u);
}

/// <summary>e4m3, as f32.</summary>
internal readonly struct E4M3Fragment : IFragmentFormat
{
    private static readonly uint[] Values = FragmentTable.Make(Float8.E4M3ToSingle);

    public static int PerRegister => 4;

    public static Vector256<uint> Widen(Vector256<uint> low) => FragmentTable.Look(Values, low);
}

/// <summary>e5m2, as f32.</summary>
internal readonly struct E5M2Fragment : IFragmentFormat
{
    private static readonly uint[] Values = FragmentTable.Make(Float8.E5M2ToSingle);

    public static int PerRegister => 4;

    public static Vector256<uint> Widen(Vector256<uint> low) => FragmentTable.Look(Values, low);
}

/// <summary>s8 as s32.</summary>
internal readonly struct SignedByteFragment : IFragmentFormat
{
    public static int PerRegister => 4;

    public static Vector256<uint> Widen(Vector256<uint> low) => ((low << 24).AsInt32() >> 24).AsUInt32();
}

/// <summary>u8 as s32.</summary>
internal readonly struct ByteFragment : IFragmentFormat
{
    public static int PerRegister => 4;

    public static Vector256<uint> Widen(Vector256<uint> low) => low & Vector256.Create(0xffu);
}

/// <summary>s4 as s32.</summary>
internal readonly struct SignedNibbleFragment : IFragmentFormat
{
    public static int PerRegister => 8;

    public static Vector256<uint> Widen(Vector256<uint> low) => ((low << 28).AsInt32() >> 28).AsUInt32();
}

/// <summary>u4 as s32.</summary>
internal readonly struct NibbleFragment : IFragmentFormat
{
    public static int PerRegister => 8;

    public static Vector256<uint> Widen(Vector256<uint> low) => low & Vector256.Create(0xfu);
}

/// <summary>Single bits, 32 of them as one element.</summary>
internal readonly struct BitFragment : IFragmentFormat
{
    public static int PerRegister => 1;

    public static Vector256<uint> Widen(Vector256<uint> low) => low;
}

/// <summary>The values of all 8-bit floats of a format.</summary>
internal static class FragmentTable
{
    /// <summary>The f32 bits of each.</summary>
    public static uint[] Make(Func<byte, float> widen)
    {
        uint[] values = new uint[256];
        for (int n = 0; n < values.Length; n++) values[n] = BitConverter.SingleToUInt32Bits(widen((byte)n));
        return values;
    }

    /// <summary>The values of the low bytes.</summary>
    public static Vector256<uint> Look(uint[] values, Vector256<uint> low)
    {
        Vector256<uint> found = default;
        for (int n = 0; n < Vector256<uint>.Count; n++) found = found.WithElement(n, values[(byte)low.GetElement(n)]);
        return found;
    }
}
