namespace Ditto.Emulation.Checks;

/// <summary>Which rules the emulator checks; all by default.</summary>
/// <param name="Bounds">Accesses stay inside allocations.</param>
/// <param name="Unwritten">Memory is written before it is read.</param>
/// <param name="Races">No two threads touch the same bytes, one writing, without a barrier or atomic between.</param>
/// <param name="Barriers">Aligned barriers are reached together.</param>
/// <param name="StepLimit">Basic blocks that the warps of a block may run together; one that runs more is reported to spin for what does not
/// come. 0 for no limit.</param>
internal sealed record CheckOptions(
    bool Bounds = true, bool Unwritten = true, bool Races = true, bool Barriers = true, long StepLimit = 1L << 26);
