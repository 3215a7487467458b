using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Memory;

/// <summary>Local memory of a warp's lanes, each with a space of its own.</summary>
internal sealed unsafe class LocalMemory : IDisposable
{
    private BlockMemory memory = new(0);
    private int perLane;

    /// <summary>Makes room; what was written stays.</summary>
    /// <param name="bytes">A lane.</param>
    public void Grow(int bytes)
    {
        if (bytes <= perLane) return;
        int larger = Math.Max(2 * perLane, (bytes + 15) / 16 * 16);
        BlockMemory next = new(larger * Lanes.Count);
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            Buffer.MemoryCopy(memory.Data + (lane * perLane), next.Data + (lane * larger), perLane, perLane);
            Buffer.MemoryCopy(memory.State + (lane * perLane), next.State + (lane * larger), perLane, perLane);
        }
        memory.Dispose();
        memory = next;
        perLane = larger;
    }

    /// <summary>Nothing is written any more.</summary>
    public void Forget() => memory.Forget();

    /// <summary>A lane's bytes.</summary>
    public byte* Data(int lane) => memory.Data + (lane * perLane);

    /// <summary>The states of a lane's bytes.</summary>
    public byte* State(int lane) => memory.State + (lane * perLane);

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
