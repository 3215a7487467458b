using Ditto.Emulation.Counting;
using Ditto.Emulation.Driver;
using Ditto.Interop;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>Runs cases on the emulated device of a GPU and counts what their launches do.</summary>
internal sealed class KernelEmulation : IDisposable
{
    private readonly Device device;
    private readonly DeviceStream stream;
    private readonly Operations operations;
    private readonly OperationTrace trace;
    private readonly IDisposable watch;
    private readonly List<LaunchReport> reports = [];

    /// <summary>Opens the device.</summary>
    /// <param name="target">The GPU.</param>
    /// <exception cref="DeviceException">There is no compiler.</exception>
    public KernelEmulation(DataSheet target)
    {
        EmulatedBackend.Register();
        device = Device.Open($"emulated:{target.Architecture}");
        stream = device.CreateStream();
        trace = new OperationTrace(device);
        operations = device.CreateOperations(stream);
        operations.Trace = trace;
        watch = EmulatedBackend.Watch(target, reports.Add);
    }

    /// <summary>Compiles what cases need, as many kernels at a time as there are processors, and runs them in their order.</summary>
    /// <exception cref="DeviceException">A kernel broke a rule: the message says which, where, and by which thread.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public EmulatedKernel[] Run(IReadOnlyList<KernelCase> cases, IProgress<StepUpdate> progress, CancellationToken cancellation)
    {
        KernelEntry[] kernels = [.. cases.Select(one => one.Kernel).Distinct()];
        ParallelSteps.Run(kernels.Length, index => device.Kernels.Get(kernels[index]), progress, cancellation);
        return [.. cases.Select(one =>
        {
            cancellation.ThrowIfCancellationRequested();
            return Run(one);
        })];
    }

    /// <summary>Runs a case.</summary>
    /// <exception cref="DeviceException">The kernel broke a rule: the message says which, where, and by which thread.</exception>
    public EmulatedKernel Run(KernelCase one)
    {
        using CaseMemory memory = new(device, stream, one);
        reports.Clear();
        trace.Clear();
        one.Launch(operations, name => memory[name]);
        stream.Synchronize();
        TracedOperation operation = trace.Read()[^1];
        return new EmulatedKernel(one, reports[^1], operation.Bytes, operation.Flops);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        watch.Dispose();
        operations.Dispose();
        trace.Dispose();
        stream.Dispose();
        device.Dispose();
    }
}
