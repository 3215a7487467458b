using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>A device that tests run on: opened once for the process, with one stream and its operations.</summary>
public sealed class TestDevice
{
    private readonly Lazy<(Device Device, DeviceStream Stream, Operations Operations)> opened;

    internal TestDevice(string name)
    {
        Name = name;
        opened = new Lazy<(Device, DeviceStream, Operations)>(() =>
        {
            Device device = Device.Open(name);
            DeviceStream stream = device.CreateStream();
            return (device, stream, device.CreateOperations(stream));
        });
    }

    /// <summary>The device's name.</summary>
    public string Name { get; }

    /// <summary>The device.</summary>
    public Device Device => opened.Value.Device;

    /// <summary>A stream of the device.</summary>
    public DeviceStream Stream => opened.Value.Stream;

    /// <summary>Operations on the stream.</summary>
    public Operations Operations => opened.Value.Operations;

    /// <summary>Room for the tensors of one test.</summary>
    public TestMemory Memory() => new(this);

    /// <summary>The device's name: fixtures are called after it.</summary>
    public override string ToString() => Name;
}
