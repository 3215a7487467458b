using Ditto.Emulation.Checks;
using Ditto.Emulation.Execution;
using static System.FormattableString;

namespace Ditto.Emulation.Memory;

/// <summary>Where a warp's accesses become host memory: spaces, alignment, bounds, unwritten bytes and races are looked at here.</summary>
internal static unsafe class MemoryPort
{
    /// <summary>Finds and checks the memory of an access by the active lanes.</summary>
    /// <param name="warp">The warp; the addresses are in <see cref="Warp.Addresses"/>.</param>
    /// <param name="lanes">The lanes; not empty.</param>
    /// <param name="space">The memory that the instruction names.</param>
    /// <param name="bytes">Of each lane's access; a power of two.</param>
    /// <param name="access">What is done there.</param>
    public static void Resolve(Warp warp, uint lanes, MemorySpace space, int bytes, AccessKind access)
    {
        ulong* address = warp.Addresses.Address;
        warp.Block.Accesses++;
        if (space == MemorySpace.Generic)
        {
            uint left = lanes;
            while (left != 0)
            {
                int window = AddressWindows.Of(address[Lanes.First(left)]);
                uint same = 0;
                for (uint rest = left; rest != 0; rest &= rest - 1)
                    if (AddressWindows.Of(address[Lanes.First(rest)]) == window) same |= rest & (0 - rest);
                for (uint rest = window == 0 ? 0 : same; rest != 0; rest &= rest - 1)
                    address[Lanes.First(rest)] = AddressWindows.Offset(address[Lanes.First(rest)]);
                ResolveIn(warp, same, Space(window), bytes, access);
                left &= ~same;
            }
            return;
        }
        ResolveIn(warp, lanes, space, bytes, access);
    }

    private static MemorySpace Space(int window) => window switch
    {
        0 => MemorySpace.Global,
        1 => MemorySpace.Shared,
        2 => MemorySpace.Local,
        _ => MemorySpace.Parameter,
    };

    private static void ResolveIn(Warp warp, uint lanes, MemorySpace space, int bytes, AccessKind access)
    {
        bool checksAlignment = warp.Block.Checks.Alignment || access.HasFlag(AccessKind.Atomic);
        for (uint left = checksAlignment ? lanes : 0; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            if ((warp.Addresses.Address[lane] & (ulong)(bytes - 1)) != 0)
                throw warp.Fault(FaultKind.Misaligned, Invariant($"{bytes} bytes at {space} address 0x{warp.Addresses.Address[lane]:x}"), lane);
        }
        switch (space)
        {
            case MemorySpace.Global:
                GlobalAccess.Resolve(warp, lanes, bytes, access);
                break;
            case MemorySpace.Shared:
                SharedAccess.Resolve(warp, lanes, bytes, access);
                break;
            case MemorySpace.Local:
                ResolveLocal(warp, lanes, bytes, access);
                break;
            default:
                ResolveParameter(warp, lanes, bytes, access);
                break;
        }
    }

    private static void ResolveLocal(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        LocalMemory local = warp.Local;
        int size = warp.Frame.LocalBase + warp.Frame.Code.LocalBytes;
        local.Grow(size);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            ulong offset = warp.Addresses.Address[lane];
            if (offset + (ulong)bytes > (ulong)size)
                throw warp.Fault(FaultKind.OutOfBounds, Invariant($"{bytes} bytes at offset {offset} of {size} bytes of local memory"), lane);
            byte* state = local.State(lane) + offset;
            warp.Addresses.Pointer[lane] = local.Data(lane) + offset;
            if (access.HasFlag(AccessKind.Read) && warp.Block.Checks.Unwritten)
            {
                for (int i = 0; i < bytes; i++)
                    if (state[i] != ByteState.Written) throw warp.Fault(FaultKind.Unwritten, Invariant($"local memory at offset {offset}"), lane);
            }
            if (access.HasFlag(AccessKind.Write)) new Span<byte>(state, bytes).Fill(ByteState.Written);
        }
    }

    private static void ResolveParameter(Warp warp, uint lanes, int bytes, AccessKind access)
    {
        int size = warp.Block.ParameterBytes;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = Lanes.First(left);
            ulong offset = warp.Addresses.Address[lane];
            if (offset + (ulong)bytes > (ulong)size || access.HasFlag(AccessKind.Write))
                throw warp.Fault(FaultKind.OutOfBounds, Invariant($"{bytes} bytes at offset {offset} of {size} bytes of parameters"), lane);
            warp.Addresses.Pointer[lane] = warp.Block.Parameters + offset;
        }
    }
}
