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

    /// <summary>Operand rows that a matrix instruction has at most: m16n8k16 in f64 has 8 + 4 + 4.</summary>
    public const int TileRows = 16;

    /// <summary>Operand rows of a matrix instruction, 256 bytes each, while its lanes are not all there.</summary>
    public ulong[] Tiles { get; } = new ulong[TileRows * Lanes.Count];

    /// <summary>The lanes that take part.</summary>
    public uint Members { get; set; }
}
