namespace Ditto.Interop;

/// <summary>The plans of one stream's products, found by everything that they depend on.</summary>
internal sealed class LinearPlans(Device device, DeviceStream stream) : IDisposable
{
    private const long MiB = 1L << 20;
    private const int Hopper = 90;

    private readonly Dictionary<LinearKey, LinearPlan> plans = [];

    /// <summary>Number of plans.</summary>
    public int Count => plans.Count;

    /// <summary>Workspace that an algorithm may ask for: NVIDIA's advice. It is allocated when the first one does.</summary>
    private long WorkspaceLimit => device.ComputeCapability >= Hopper ? 32 * MiB : 4 * MiB;

    /// <summary>Queues a product; allocates nothing once the plan is there.</summary>
    public void Launch(in LinearKey key, nuint weight, nuint x, nuint residual, nuint y, nuint bias)
    {
        if (!plans.TryGetValue(key, out LinearPlan? plan))
        {
            plan = new LinearPlan(device.Blas, key, bias, WorkspaceLimit);
            plans.Add(key, plan);
        }
        DeviceMemory? workspace = plan.WorkspaceBytes > 0 ? stream.Workspace(WorkspaceLimit) : null;
        using ContextScope current = device.Context.Push();
        plan.Launch(weight, x, residual, y, bias, workspace, stream.Native);
    }

    /// <summary>Frees the plans.</summary>
    public void Dispose()
    {
        foreach (LinearPlan plan in plans.Values) plan.Dispose();
        plans.Clear();
    }
}
