using System.Collections.Concurrent;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>
/// Handles that stay invalid once their object is gone. Values are never used twice and carry a tag in the low byte, so that a stream is no event.
/// </summary>
/// <typeparam name="T">The objects.</typeparam>
/// <param name="tag">The table's own number, 1 to 255.</param>
/// <param name="kind">What the objects are called in reports.</param>
internal sealed class HandleTable<T>(byte tag, string kind)
    where T : class
{
    private readonly ConcurrentDictionary<nint, T> objects = new();
    private long next = 0x1000;

    /// <summary>Every living object.</summary>
    public IEnumerable<T> Objects => objects.Values;

    /// <summary>Makes a handle.</summary>
    public nint Add(T value)
    {
        nint handle = (nint)((Interlocked.Increment(ref next) << 8) | tag);
        objects[handle] = value;
        return handle;
    }

    /// <summary>The object of a handle, or null.</summary>
    public T? TryFind(nint handle) => objects.GetValueOrDefault(handle);

    /// <summary>The object of a handle.</summary>
    /// <exception cref="DriverException">It names none that lives.</exception>
    public T Find(nint handle, CuResult otherwise = CuResult.CUDA_ERROR_INVALID_HANDLE) =>
        TryFind(handle) ?? throw new DriverException(otherwise, $"0x{handle:x} is no living {kind}");

    /// <summary>Ends a handle and gives its object.</summary>
    /// <exception cref="DriverException">It names none that lives.</exception>
    public T Remove(nint handle, CuResult otherwise = CuResult.CUDA_ERROR_INVALID_HANDLE) =>
        objects.TryRemove(handle, out T? value) ? value : throw new DriverException(otherwise, $"0x{handle:x} is no living {kind}");

    /// <summary>Ends the handles of everything that was made in a context.</summary>
    public IReadOnlyList<T> RemoveOf(EmulatedContext context)
    {
        List<T> removed = [];
        foreach ((nint handle, T value) in objects)
            if (value is IContextObject owned && owned.Context == context && objects.TryRemove(handle, out T? gone)) removed.Add(gone);
        return removed;
    }
}

/// <summary>Something that was made in a context and ends with it.</summary>
internal interface IContextObject
{
    /// <summary>The context.</summary>
    EmulatedContext Context { get; }
}
