namespace Ditto.Interop;

/// <summary>Recorded work that can be launched again and again. Pointers, scalars and launch sizes are those of the recording.</summary>
public sealed unsafe class DeviceGraph : DeviceHandle
{
    private DeviceGraph(ContextHandle context, nint executable, int nodeCount)
        : base(context, executable) => NodeCount = nodeCount;

    /// <summary>Number of recorded commands.</summary>
    public int NodeCount { get; }

    /// <summary>Makes an executable graph and destroys the template; the context is current.</summary>
    internal static DeviceGraph Instantiate(ContextHandle context, nint graph)
    {
        CudaDriver driver = context.Driver;
        nint executable = 0;
        nuint count = 0;
        CuResult result = driver.cuGraphGetNodes(graph, null, &count);
        string call = nameof(driver.cuGraphGetNodes);
        if (result == CuResult.CUDA_SUCCESS)
        {
            result = driver.cuGraphInstantiateWithFlags(&executable, graph, 0);
            call = nameof(driver.cuGraphInstantiateWithFlags);
        }
        driver.cuGraphDestroy(graph);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, call, $"a graph of {count} nodes");
        return new DeviceGraph(context, executable, (int)count);
    }

    /// <summary>Queues the recorded work on a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Launch(DeviceStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuGraphLaunch(Native, stream.Native);
        if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuGraphLaunch), $"a graph of {NodeCount} nodes");
    }

    private protected override bool Free(nint native) => Context.Driver.cuGraphExecDestroy(native) == CuResult.CUDA_SUCCESS;
}
