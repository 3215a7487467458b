using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>What <see cref="FaultyDevice"/> does to its calls, and what it has counted. Safe from any thread.</summary>
public sealed class FaultPlan
{
    private readonly Lock gate = new();
    private readonly Dictionary<InjectedFault, int> calls = [];
    private readonly Dictionary<string, int> live = [];
    private readonly Dictionary<nint, long> sizes = [];
    private readonly List<(InjectedFault Kind, int Call, Action Action)> actions = [];
    private (InjectedFault Kind, int Call, int Code, bool Stays)? fault;
    private int contextFailure;

    internal FaultPlan()
    {
    }

    /// <summary>Bytes of device memory that there seem to be; null for what there is.</summary>
    public long? MemoryLimit { get; set; }

    /// <summary>The native call that was made to fail; null while none was.</summary>
    public string? Failed { get; private set; }

    /// <summary>Handles that exist now, by what they are; nothing where all were destroyed.</summary>
    public IReadOnlyDictionary<string, int> LiveHandles
    {
        get
        {
            lock (gate) return live.Where(handle => handle.Value != 0).ToDictionary();
        }
    }

    /// <summary>Handles that existed when a context was released last: what nobody had destroyed before.</summary>
    public IReadOnlyDictionary<string, int> LeftToContext { get; private set; } = new Dictionary<string, int>();

    /// <summary>Destroying calls that the device refused: handles that were destroyed twice, or never existed.</summary>
    public int RefusedFrees { get; private set; }

    /// <summary>Calls of a kind since the last <see cref="Reset"/>.</summary>
    /// <param name="kind">The kind.</param>
    public int Calls(InjectedFault kind)
    {
        lock (gate) return calls.GetValueOrDefault(kind);
    }

    /// <summary>Forgets faults and counts of calls; handles stay counted.</summary>
    public void Reset()
    {
        lock (gate)
        {
            calls.Clear();
            actions.Clear();
            (fault, Failed, MemoryLimit, contextFailure, RefusedFrees) = (null, null, null, 0, 0);
        }
    }

    /// <summary>Makes one call fail.</summary>
    /// <param name="kind">The kind of call.</param>
    /// <param name="call">Which one from the last <see cref="Reset"/> on, from 1.</param>
    /// <param name="code">The code that it answers with.</param>
    /// <param name="stays">Whether the context is lost with it, so that every later call on it fails too.</param>
    public void FailAt(InjectedFault kind, int call, int code, bool stays = false)
    {
        lock (gate) fault = (kind, call, code, stays);
    }

    /// <summary>No further call is made to fail, unless the context is lost.</summary>
    public void Disarm()
    {
        lock (gate) fault = null;
    }

    /// <summary>Does something just before a call, on its thread.</summary>
    /// <param name="kind">The kind of call.</param>
    /// <param name="call">Which one from the last <see cref="Reset"/> on, from 1.</param>
    /// <param name="action">What to do; it must not throw.</param>
    public void At(InjectedFault kind, int call, Action action)
    {
        lock (gate) actions.Add((kind, call, action));
    }

    /// <summary>Counts a call.</summary>
    /// <returns>The code that it fails with, or null.</returns>
    internal int? Refuse(NativeCall call, nint second)
    {
        Action[] due;
        int? refused = null;
        lock (gate)
        {
            int number = calls[call.Kind] = calls.GetValueOrDefault(call.Kind) + 1;
            due = [.. actions.Where(action => action.Kind == call.Kind && action.Call == number).Select(action => action.Action)];
            if (contextFailure != 0 && call.NeedsContext) refused = contextFailure;
            else if (contextFailure != 0 && call.Kind == InjectedFault.Product) refused = (int)CublasStatus.CUBLAS_STATUS_EXECUTION_FAILED;
            else if (call.Name == "cuMemAlloc_v2" && MemoryLimit - sizes.Values.Sum() < second) refused = (int)CuResult.CUDA_ERROR_OUT_OF_MEMORY;
            if (fault is { } armed && armed.Kind == call.Kind && armed.Call == number && refused is null)
            {
                (refused, Failed, fault) = (armed.Code, call.Name, null);
                if (armed.Stays) contextFailure = call.NeedsContext ? armed.Code : (int)CuResult.CUDA_ERROR_LAUNCH_FAILED;
            }
        }
        foreach (Action action in due) action();
        return refused;
    }

    /// <summary>Counts what a call has made or destroyed, and hides memory above the limit.</summary>
    internal void Note(NativeCall call, nint first, nint second, int result)
    {
        lock (gate)
        {
            if (call.Destroys is not null && result != 0) RefusedFrees++;
            if (result != 0) return;
            if (call.Makes is { } made) live[made] = live.GetValueOrDefault(made) + 1;
            if (call.Destroys is { } destroyed) live[destroyed] = live.GetValueOrDefault(destroyed) - 1;
            if (call.Name == "cuMemAlloc_v2") sizes[Marshal.ReadIntPtr(first)] = second;
            if (call.Name == "cuMemFree_v2") sizes.Remove(first);
            if (call.Name == "cuMemGetInfo_v2" && MemoryLimit is long limit)
            {
                Marshal.WriteIntPtr(first, (nint)(limit - sizes.Values.Sum()));
                Marshal.WriteIntPtr(second, (nint)limit);
            }
            if (call.Name == "cuDevicePrimaryCtxRelease_v2" && live["context"] == 0) EndContext();
        }
    }

    private void EndContext()
    {
        LeftToContext = live.Where(handle => handle.Value != 0).ToDictionary();
        live.Clear();
        sizes.Clear();
        contextFailure = 0;
    }
}
