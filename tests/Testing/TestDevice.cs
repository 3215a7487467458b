using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Testing;

/// <summary>A device that tests run on: opened once for the process, with one stream and its operations.</summary>
public sealed class TestDevice
{
    private Lazy<(Device Device, DeviceStream Stream, Operations Operations)> opened;

    internal TestDevice(string name)
    {
        Name = name;
        opened = new Lazy<(Device, DeviceStream, Operations)>(Open);
    }

    /// <summary>The device's name.</summary>
    public string Name { get; }

    /// <summary>Whether the device is an emulated GPU: it checks more than others do and takes longer.</summary>
    public bool IsEmulated => Emulates(Name);

    /// <summary>The device.</summary>
    public Device Device => opened.Value.Device;

    /// <summary>A stream of the device.</summary>
    public DeviceStream Stream => opened.Value.Stream;

    /// <summary>Operations on the stream.</summary>
    public Operations Operations => opened.Value.Operations;

    /// <summary>
    /// Bytes that the calling thread has allocated on the managed heap; always 0 for an emulated GPU, whose launches run on that heap and thread.
    /// </summary>
    public long HostBytes => IsEmulated ? 0 : GC.GetAllocatedBytesForCurrentThread();

    /// <summary>Room for the tensors of one test.</summary>
    public TestMemory Memory() => new(this);

    /// <summary>Skips a test that takes minutes on an emulated GPU, but where a sweep is asked for by <c>DITTO_SWEEP=1</c>.</summary>
    public void SkipUnlessSwept()
    {
        if (IsEmulated && Environment.GetEnvironmentVariable("DITTO_SWEEP") != "1")
            Assert.Ignore("it takes minutes on an emulated GPU: ./build.sh --target=Sweep runs it");
    }

    /// <summary>Whether this is the name of an emulated GPU.</summary>
    internal static bool Emulates(string name) => name.StartsWith("emulated:", StringComparison.Ordinal);

    /// <summary>Gives later tests a device that works, after a fault has made this one unusable.</summary>
    internal void Reopen()
    {
        Operations.Dispose();
        Stream.Dispose();
        Device.Dispose();                                       // what is left of it would keep the lost context
        opened = new Lazy<(Device, DeviceStream, Operations)>(Open);
    }

    /// <summary>The device's name: fixtures are called after it.</summary>
    public override string ToString() => Name;

    private (Device Device, DeviceStream Stream, Operations Operations) Open()
    {
        if (IsEmulated) TestCompiler.Require();
        Device device = Device.Open(Name);
        DeviceStream stream = device.CreateStream();
        return (device, stream, device.CreateOperations(stream));
    }
}
