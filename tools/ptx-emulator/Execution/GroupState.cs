namespace Ditto.Emulation.Execution;

/// <summary>What a group of lanes does.</summary>
internal enum GroupState
{
    /// <summary>It can run.</summary>
    Ready,

    /// <summary>It has arrived at a warp-level instruction whose other lanes are not there yet.</summary>
    AwaitsLanes,

    /// <summary>It has arrived at a barrier of the block.</summary>
    AwaitsBarrier,
}
