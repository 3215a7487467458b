namespace Ditto.Emulation.Execution;

/// <summary>What one <c>cp.async</c> of a warp has read and not yet stored.</summary>
internal sealed class AsyncCopyBatch
{
    /// <summary>The most bytes of a lane's copy.</summary>
    public const int MaxBytes = 16;

    /// <summary>Lanes whose copy has not arrived.</summary>
    public uint Lanes { get; set; }

    /// <summary>Bytes of a lane's copy: 4, 8 or 16.</summary>
    public int Bytes { get; set; }

    /// <summary>Each lane's place in shared memory.</summary>
    public int[] Offset { get; } = new int[Execution.Lanes.Count];

    /// <summary>The number of each lane's group.</summary>
    public int[] Group { get; } = new int[Execution.Lanes.Count];

    /// <summary>The bytes, <see cref="MaxBytes"/> a lane.</summary>
    public byte[] Data { get; } = new byte[MaxBytes * Execution.Lanes.Count];
}
