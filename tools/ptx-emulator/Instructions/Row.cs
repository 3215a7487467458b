using System.Runtime.CompilerServices;

namespace Ditto.Emulation.Instructions;

/// <summary>A register's row in the register file.</summary>
/// <param name="Offset">In bytes; below 0 for no operand, which reads as 0 and takes any result.</param>
/// <param name="IsWide">64 bits a lane, else 32.</param>
internal readonly unsafe record struct Row(int Offset, bool IsWide)
{
    /// <summary>No operand.</summary>
    public static readonly Row None = new(-1, false);

    /// <summary>A lane's bits, zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(byte* registers, int lane)
    {
        if (Offset < 0) return 0;
        byte* row = registers + Offset;
        return IsWide ? ((ulong*)row)[lane] : ((uint*)row)[lane];
    }

    /// <summary>Sets a lane's bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(byte* registers, int lane, ulong bits)
    {
        if (Offset < 0) return;
        byte* row = registers + Offset;
        if (IsWide) ((ulong*)row)[lane] = bits;
        else ((uint*)row)[lane] = (uint)bits;
    }
}
