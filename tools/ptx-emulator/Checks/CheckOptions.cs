namespace Ditto.Emulation.Checks;

/// <summary>Which rules the emulator checks; all by default. What leaves it nothing to do is reported in any case: an address outside of all
/// memory, a misaligned atomic, a thread that nobody can wake.</summary>
/// <param name="Bounds">Accesses to device memory stay inside allocations.</param>
/// <param name="Alignment">Addresses are multiples of the access's size.</param>
/// <param name="Unwritten">Memory is written before it is read.</param>
/// <param name="SharedRaces">No two threads of a block touch the same bytes, one writing, with nothing that puts one before the other.</param>
/// <param name="GlobalRaces">No two blocks do.</param>
/// <param name="Barriers">Aligned barriers are reached together.</param>
/// <param name="Lanes">Warp-level instructions name and read lanes that are there.</param>
/// <param name="StepLimit">Basic blocks that the warps of a block may run together; one that runs more is reported to spin for what does not
/// come, and so is a set of blocks of which none ends in four times as many. 0 for no limit.</param>
internal sealed record CheckOptions(
    bool Bounds = true, bool Alignment = true, bool Unwritten = true, bool SharedRaces = true, bool GlobalRaces = true, bool Barriers = true,
    bool Lanes = true, long StepLimit = 1L << 25);
