using System.Runtime.Intrinsics;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Instructions;

/// <summary>Where an access goes: a base register or none, an offset, and the memory it names.</summary>
/// <param name="Base">Row of the base; no operand for an absolute address.</param>
/// <param name="Offset">Added to the base.</param>
/// <param name="Space">The memory.</param>
internal readonly unsafe record struct MemoryOperand(Row Base, ulong Offset, MemorySpace Space)
{
    /// <summary>Forms each lane's address.</summary>
    public void Form(Warp warp)
    {
        ulong* address = warp.Addresses.Address;
        if (Base.Offset >= 0 && Base.IsWide)
        {
            Vector256<ulong> by = Vector256.Create(Offset);
            for (int i = 0; i < sizeof(ulong); i++) Vector256.Store(Lanes.Load<ulong>(warp.Registers + Base.Offset, i) + by, address + (i * 4));
            return;
        }
        for (int lane = 0; lane < Lanes.Count; lane++) address[lane] = (uint)(Base.Get(warp.Registers, lane) + Offset);
        if (Base.Offset < 0) new Span<ulong>(address, Lanes.Count).Fill(Offset);
    }

    /// <summary>What an access counts as.</summary>
    public InstructionClass Class(bool isStore) => Space switch
    {
        MemorySpace.Shared => isStore ? InstructionClass.SharedStore : InstructionClass.SharedLoad,
        MemorySpace.Local => InstructionClass.Local,
        MemorySpace.Parameter => InstructionClass.Constant,
        _ => isStore ? InstructionClass.GlobalStore : InstructionClass.GlobalLoad,
    };
}

/// <summary><c>ld</c>: elements of 1 to 16 bytes from memory into registers.</summary>
/// <param name="from">Where.</param>
/// <param name="bytes">Of an element.</param>
/// <param name="signedBits">Of a signed element that is extended; 0 for zero extension.</param>
/// <param name="mask">Bits of the register that the extended value may fill.</param>
/// <param name="results">A row for each element, in order.</param>
/// <param name="order">Atomic where what other threads write is expected; what it puts in order.</param>
internal sealed unsafe class Load(MemoryOperand from, int bytes, int signedBits, ulong mask, Row[] results, AccessKind order) : Instruction
{
    private readonly int all = bytes * (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)results.Length);

    /// <inheritdoc/>
    public override InstructionClass Class => from.Class(isStore: false);

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        from.Form(warp);
        MemoryPort.Resolve(warp, warp.Active, from.Space, all, AccessKind.Read | order);
        byte** pointer = warp.Addresses.Pointer;
        for (int n = 0; n < results.Length; n++)
        {
            if (results[n].Offset < 0) continue;
            byte* row = warp.Registers + results[n].Offset;
            int offset = n * bytes;
            if (bytes == 4 && !results[n].IsWide && warp.Active == Lanes.All)
            {
                uint* to = (uint*)row;
                for (int lane = 0; lane < Lanes.Count; lane++) to[lane] = *(uint*)(pointer[lane] + offset);
                continue;
            }
            for (uint left = warp.Active; left != 0; left &= left - 1)
            {
                int lane = Lanes.First(left);
                ulong bits = Read(pointer[lane] + offset, bytes);
                if (signedBits > 0) bits = (ulong)((long)(bits << (64 - signedBits)) >> (64 - signedBits)) & mask;
                results[n].Set(warp.Registers, lane, bits);
            }
        }
    }

    /// <summary>Reads an element, zero-extended.</summary>
    public static ulong Read(byte* place, int bytes) => bytes switch
    {
        1 => *place,
        2 => *(ushort*)place,
        4 => *(uint*)place,
        _ => *(ulong*)place,
    };
}

/// <summary><c>st</c>: elements of 1 to 8 bytes from registers into memory.</summary>
internal sealed unsafe class Store(MemoryOperand to, int bytes, Row[] values, AccessKind order) : Instruction
{
    private readonly int all = bytes * (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)values.Length);

    /// <inheritdoc/>
    public override InstructionClass Class => to.Class(isStore: true);

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        to.Form(warp);
        MemoryPort.Resolve(warp, warp.Active, to.Space, all, AccessKind.Write | order);
        byte** pointer = warp.Addresses.Pointer;
        for (int n = 0; n < values.Length; n++)
        {
            for (uint left = warp.Active; left != 0; left &= left - 1)
            {
                int lane = Lanes.First(left);
                Write(pointer[lane] + (n * bytes), values[n].Get(warp.Registers, lane), bytes);
            }
        }
    }

    /// <summary>Writes an element's low bytes.</summary>
    public static void Write(byte* place, ulong bits, int bytes)
    {
        switch (bytes)
        {
            case 1:
                *place = (byte)bits;
                break;
            case 2:
                *(ushort*)place = (ushort)bits;
                break;
            case 4:
                *(uint*)place = (uint)bits;
                break;
            default:
                *(ulong*)place = bits;
                break;
        }
    }
}

/// <summary><c>ld.param</c> and <c>st.param</c> of parameters that travel between functions: frame memory, a place for each lane.</summary>
internal sealed unsafe class CallParameterAccess(int offset, int bytes, int signedBits, ulong mask, Row[] rows, bool isStore) : Instruction
{
    /// <inheritdoc/>
    public override InstructionClass Class => InstructionClass.Constant;

    /// <inheritdoc/>
    public override void Execute(Warp warp)
    {
        int perLane = warp.Frame.Code.CallParameterBytes;
        fixed (byte* memory = warp.Frame.Parameters)
        {
            for (uint left = warp.Active; left != 0; left &= left - 1)
            {
                int lane = Lanes.First(left);
                byte* place = memory + (lane * perLane) + offset;
                for (int n = 0; n < rows.Length; n++)
                {
                    if (isStore)
                    {
                        Store.Write(place + (n * bytes), rows[n].Get(warp.Registers, lane), bytes);
                        continue;
                    }
                    ulong bits = Load.Read(place + (n * bytes), bytes);
                    if (signedBits > 0) bits = (ulong)((long)(bits << (64 - signedBits)) >> (64 - signedBits)) & mask;
                    rows[n].Set(warp.Registers, lane, bits);
                }
            }
        }
    }
}
