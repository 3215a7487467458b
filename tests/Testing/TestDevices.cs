using Ditto.Emulation.Driver;
using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>The devices that tests run on.</summary>
public static class TestDevices
{
    private const string EmulatedVariable = "DITTO_EMULATED", DefaultEmulated = "sm_90";

    private static readonly Lazy<IReadOnlyList<DeviceProbe>> ProbesOnce = new(Probe);

    /// <summary>What came of trying every known device.</summary>
    public static IReadOnlyList<DeviceProbe> Probes => ProbesOnce.Value;

    /// <summary>
    /// Every device that can be opened, and <c>cpu</c> in any case: the processor as each instruction set it has, each GPU, and the emulated GPUs
    /// that <c>DITTO_EMULATED</c> lists (<c>sm_90</c> where it is not set, none where it is empty); tests of these are skipped where NVRTC is
    /// missing.
    /// </summary>
    public static IReadOnlyList<TestDevice> All { get; } = Open();

    private static IReadOnlyList<DeviceProbe> Probe()
    {
        _ = TestCompiler.IsPresent;                              // where it finds NVRTC, emulated devices find it too
        if (Environment.GetEnvironmentVariable(EmulatedVariable) is null) Environment.SetEnvironmentVariable(EmulatedVariable, DefaultEmulated);
        EmulatedBackend.Register();
        return Device.Probe();
    }

    private static TestDevice[] Open()
    {
        List<string> names = [.. Probes
            .Where(probe => TestDevice.Emulates(probe.Name) || (probe.Available && probe.Name != "emulated"))
            .Select(probe => probe.Name)];
        if (!names.Contains("cpu")) names.Add("cpu");            // its tests fail and say why
        return [.. names.Select(name => new TestDevice(name))];
    }
}
