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
}
