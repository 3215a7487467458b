using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Decoding;

/// <summary>A register row that holds the same bits in every lane.</summary>
/// <param name="Offset">Of the row.</param>
/// <param name="IsWide">64 bits a lane.</param>
/// <param name="Bits">The value.</param>
/// <param name="IsLocal">The value is an offset into the activation's local memory.</param>
internal readonly unsafe record struct ConstantRow(int Offset, bool IsWide, ulong Bits, bool IsLocal)
{
    /// <summary>Writes all lanes.</summary>
    public void Fill(byte* registers, int localBase)
    {
        ulong bits = IsLocal ? Bits + (ulong)localBase : Bits;
        if (IsWide) new Span<ulong>(registers + Offset, Lanes.Count).Fill(bits);
        else new Span<uint>(registers + Offset, Lanes.Count).Fill((uint)bits);
    }
}
