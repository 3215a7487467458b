using Ditto.Emulation.Memory;

namespace Ditto.Emulation.Driver;

/// <summary>
/// Keeps, from now until it is disposed or another begins, who writes which byte of an emulated device's memory. Launches are slower, and the
/// records take 8 bytes a byte that is written.
/// </summary>
public sealed class WriteTrace : IDisposable
{
    private readonly EmulatedDevice device;

    internal WriteTrace(EmulatedDevice device)
    {
        this.device = device;
        device.Writes = this;
    }

    /// <summary>The last writer of a byte; null where nothing has written it since the trace began.</summary>
    /// <param name="address">A device pointer.</param>
    public LastWriter? Find(nuint address) => device.FindWriter(this, address);

    /// <summary>Ends the trace.</summary>
    public void Dispose()
    {
        if (device.Writes == this) device.Writes = null;
    }
}
