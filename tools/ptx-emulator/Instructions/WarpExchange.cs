using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Instructions;

/// <summary>What lanes bring to a warp-level instruction, so that lanes which came by different paths can exchange it.</summary>
internal sealed class WarpExchange
{
    /// <summary>First operand of each lane.</summary>
    public ulong[] A { get; } = new ulong[Lanes.Count];

    /// <summary>Second operand of each lane.</summary>
    public uint[] B { get; } = new uint[Lanes.Count];

    /// <summary>Third operand of each lane.</summary>
    public uint[] C { get; } = new uint[Lanes.Count];

    /// <summary>The lanes that take part.</summary>
    public uint Members { get; set; }
}
