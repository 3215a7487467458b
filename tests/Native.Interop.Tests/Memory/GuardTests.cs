using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>That this project's tests run between guard pages, as guarded.runsettings asks.</summary>
/// <remarks>That a kernel's access beyond its block ends the process is shown by the native guard_test, in processes of its own.</remarks>
public sealed class GuardTests
{
    private const long Page = 4096;

    private static IEnumerable<TestDevice> Processors() => TestDevices.All.Where(device => device.Name.StartsWith("cpu", StringComparison.Ordinal));

    [Test]
    public void Blocks_of_a_processor_end_where_a_page_ends(
        [ValueSource(nameof(Processors))] TestDevice device, [Values(1, 100, 4096, 4097, 3 << 20)] long byteCount)
    {
        using DeviceMemory block = device.Device.Allocate(byteCount);
        Assert.That((block.Pointer + byteCount) % Page, Is.Zero, "DITTO_CPU_GUARD=1 did not reach the CPU device's library");
    }
}
