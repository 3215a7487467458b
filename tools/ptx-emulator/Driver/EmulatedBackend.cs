using Ditto.Emulation.Counting;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>The emulated devices: kernels compiled by real NVRTC for a GPU's architecture, executed and checked on the processor.</summary>
public static class EmulatedBackend
{
    private const string Prefix = "emulated", DefaultArchitecture = "sm_90", Variable = "DITTO_EMULATED";

    /// <summary>
    /// Adds the devices: <c>emulated</c> is <c>emulated:sm_90</c>. Lists of devices name those of the environment variable <c>DITTO_EMULATED</c>
    /// (architectures with commas between), else none.
    /// </summary>
    public static void Register() => DeviceBackends.Register(Prefix, Open, List);

    /// <summary>
    /// Counts what the launches of a GPU's emulated device do, of every context and graph, from now until the returned object is disposed; an
    /// earlier watch of the device rests so long. Matrix products are no kernels here and are not counted.
    /// </summary>
    /// <param name="target">The GPU; its architecture's device is watched.</param>
    /// <param name="told">Told after each launch that ended well, on the launching thread, while no other command of its context runs.</param>
    public static IDisposable Watch(DataSheet target, Action<LaunchReport> told)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(told);
        return new CounterWatch(EmulatedDevice.Find(target.Architecture)!, new LaunchCounter(target, told));
    }

    /// <summary>Keeps who writes which byte of an architecture's emulated device, until the returned trace is disposed.</summary>
    /// <param name="architecture">For example <c>sm_90</c>.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public static WriteTrace TraceWrites(string architecture) => new(
        EmulatedDevice.Find(architecture) ?? throw new ArgumentException($"no emulated device of {architecture}", nameof(architecture)));

    private static DeviceBackend Open(string which)
    {
        string architecture = which.Length == 0 ? DefaultArchitecture : which, name = $"{Prefix}:{architecture}";
        EmulatedDevice device = EmulatedDevice.Find(architecture) ?? throw DeviceException.Unavailable(
            name, $"known are {string.Join(", ", EmulatedDevice.All.Select(known => known.Product.Architecture))}");
        if (!EmulatedNvrtc.TryLoad(out string reason)) throw DeviceException.Unavailable(name, $"NVRTC: {reason}");
        return new DeviceBackend(name, device.Ordinal, EmulatedDriver.Resolve, EmulatedNvrtc.Resolve, EmulatedBlas.Resolve)
        {
            Architecture = architecture,
            ImageKind = "ptx",
            FailureReport = () => device.LastReport,
        };
    }

    private static IReadOnlyList<string> List() =>
        [.. (Environment.GetEnvironmentVariable(Variable) ?? "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(architecture => $"{Prefix}:{architecture}")];

    private sealed class CounterWatch : IDisposable
    {
        private readonly EmulatedDevice device;
        private readonly LaunchCounter? before;

        public CounterWatch(EmulatedDevice device, LaunchCounter counter)
        {
            this.device = device;
            before = device.Counter;
            device.Counter = counter;
        }

        public void Dispose() => device.Counter = before;
    }
}
