using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>The devices that tests run on.</summary>
public static class TestDevices
{
    private static readonly Lazy<IReadOnlyList<DeviceProbe>> ProbesOnce = new(Device.Probe);

    /// <summary>What came of trying every known device.</summary>
    public static IReadOnlyList<DeviceProbe> Probes => ProbesOnce.Value;

    /// <summary>Every device that can be opened, and <c>cpu</c> in any case: the processor as each instruction set it has, and each GPU.</summary>
    public static IReadOnlyList<TestDevice> All { get; } = Open();

    private static TestDevice[] Open()
    {
        List<string> names = [.. Probes.Where(probe => probe.Available).Select(probe => probe.Name)];
        if (!names.Contains("cpu")) names.Add("cpu");            // its tests fail and say why
        return [.. names.Select(name => new TestDevice(name))];
    }
}
