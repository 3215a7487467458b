using Ditto.Emulation.Checks;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Memory;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>One emulated GPU. Each architecture is a device of its own, and all of them can be open at once.</summary>
internal sealed class EmulatedDevice
{
    private readonly Lock gate = new();
    private EmulatedContext? primary;
    private int users;

    private EmulatedDevice(int ordinal, DataSheet product)
    {
        Ordinal = ordinal;
        Product = product;
    }

    /// <summary>The devices, by their numbers.</summary>
    public static IReadOnlyList<EmulatedDevice> All { get; } =
        [.. DataSheet.All.DistinctBy(product => product.Architecture).Select((product, ordinal) => new EmulatedDevice(ordinal, product))];

    /// <summary>Its number in <c>cuDeviceGet</c>.</summary>
    public int Ordinal { get; }

    /// <summary>What it stands for.</summary>
    public DataSheet Product { get; }

    /// <summary>For example <c>H100 SXM (emulated)</c>.</summary>
    public string Description => $"{Product.Name} (emulated)";

    /// <summary>Why the last refused call on this device was refused; empty where its result says it all.</summary>
    public string LastReport { get; set; } = "";

    /// <summary>Which rules are checked in kernels and matrix products; kernels follow when the next context is made.</summary>
    public CheckOptions Checks { get; set; } = new();

    /// <summary>Counts what launches do; null where nobody asks.</summary>
    public LaunchCounter? Counter { get; set; }

    /// <summary>Asks who wrote what; null where nobody does.</summary>
    public WriteTrace? Writes { get; set; }

    /// <summary>The last writer of a byte of the primary context's memory; null where none is known.</summary>
    public LastWriter? FindWriter(WriteTrace trace, ulong address)
    {
        lock (gate) return primary?.FindWriter(trace, address);
    }

    /// <summary>The device of a number.</summary>
    /// <exception cref="DriverException">There is none.</exception>
    public static EmulatedDevice Of(int ordinal)
    {
        DriverException.Require(ordinal >= 0 && ordinal < All.Count, CuResult.CUDA_ERROR_INVALID_DEVICE, $"device {ordinal} of {All.Count}");
        return All[ordinal];
    }

    /// <summary>The device of an architecture, or null.</summary>
    /// <param name="architecture">For example <c>sm_90</c>.</param>
    public static EmulatedDevice? Find(string architecture) => All.FirstOrDefault(device => device.Product.Architecture == architecture);

    /// <summary>One more user of the primary context, which the first one makes.</summary>
    public nint RetainPrimary()
    {
        lock (gate)
        {
            primary ??= new EmulatedContext(this);
            users++;
            return primary.Handle;
        }
    }

    /// <summary>One user less; with the last one the context ends, and all that was made in it.</summary>
    /// <exception cref="DriverException">It has no user.</exception>
    public void ReleasePrimary()
    {
        lock (gate)
        {
            DriverException.Require(primary is not null, CuResult.CUDA_ERROR_INVALID_CONTEXT, "the primary context is not retained");
            if (--users > 0) return;
            primary!.End();
            primary = null;
        }
    }
}
