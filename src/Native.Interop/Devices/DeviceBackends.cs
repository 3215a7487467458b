using System.Collections.Concurrent;

namespace Ditto.Interop;

/// <summary>The kinds of device, by the prefix of their names: <c>cuda</c>, <c>cpu</c>, and whatever else is registered.</summary>
public static class DeviceBackends
{
    private static readonly ConcurrentDictionary<string, Entry> Entries = new(StringComparer.Ordinal)
    {
        ["cuda"] = new Entry(0, CudaBackend.Open, CudaBackend.List),
        ["cpu"] = new Entry(1, CpuBackend.Open, CpuBackend.List),
    };

    /// <summary>Adds a kind of device, or replaces one.</summary>
    /// <param name="prefix">The part of the name before the colon, for example <c>emulated</c>.</param>
    /// <param name="open">Makes a device from the part behind the colon (empty where there is none); throws <see cref="DeviceException"/>.</param>
    /// <param name="list">The full names of the devices that exist, for reports; may be null.</param>
    public static void Register(string prefix, Func<string, DeviceBackend> open, Func<IReadOnlyList<string>>? list = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        Entries[prefix] = new Entry(Entries.Count, open, list ?? (() => []));
    }

    /// <summary>Opens a device by its name.</summary>
    /// <exception cref="DeviceException">There is no such device, or it cannot be used.</exception>
    internal static DeviceBackend Open(string name)
    {
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string prefix = colon < 0 ? name : name[..colon];
        if (!Entries.TryGetValue(prefix, out Entry? entry))
            throw DeviceException.Unavailable(name, $"known kinds are auto, {string.Join(", ", Prefixes())}");
        return entry.Open(colon < 0 ? "" : name[(colon + 1)..]);
    }

    /// <summary>The names of the devices that exist; where a kind has none, its bare prefix, so that a report can say why.</summary>
    internal static IReadOnlyList<string> List()
    {
        List<string> names = [];
        foreach (string prefix in Prefixes())
        {
            IReadOnlyList<string> found = Entries[prefix].List();
            if (found.Count == 0) names.Add(prefix);
            else names.AddRange(found);
        }
        return names;
    }

    private static IEnumerable<string> Prefixes() => Entries.OrderBy(entry => entry.Value.Order).Select(entry => entry.Key);

    private sealed record Entry(int Order, Func<string, DeviceBackend> Open, Func<IReadOnlyList<string>> List);
}
