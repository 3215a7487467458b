namespace Ditto.Interop;

/// <summary>What the CPU device's library exports beside NVIDIA's names: its worker threads, instruction sets and failures.</summary>
/// <param name="resolve">Export name to address; throws where the export is missing.</param>
internal sealed unsafe class WorkerThreads(Func<string, nint> resolve)
{
    public readonly delegate* unmanaged<int, void> dittoCpuSetThreadCount =
        (delegate* unmanaged<int, void>)resolve(nameof(dittoCpuSetThreadCount));

    public readonly delegate* unmanaged<int> dittoCpuGetThreadCount = (delegate* unmanaged<int>)resolve(nameof(dittoCpuGetThreadCount));

    public readonly delegate* unmanaged<byte*, int, void> dittoCpuGetFailureText =
        (delegate* unmanaged<byte*, int, void>)resolve(nameof(dittoCpuGetFailureText));

    public readonly delegate* unmanaged<int, byte*> dittoCpuGetIsaName = (delegate* unmanaged<int, byte*>)resolve(nameof(dittoCpuGetIsaName));
}
