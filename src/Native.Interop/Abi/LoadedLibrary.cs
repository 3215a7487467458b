using System.Runtime.InteropServices;

namespace Ditto.Interop;

/// <summary>A native library that stays loaded until the process ends: its functions may be called from anywhere, finalizers included.</summary>
/// <param name="path">The name or path under which it was found.</param>
/// <param name="handle">The loader's handle.</param>
internal sealed class LoadedLibrary(string path, nint handle)
{
    /// <summary>The name or path under which it was found.</summary>
    public string Path { get; } = path;

    /// <summary>The address of an export, or 0.</summary>
    public nint Find(string name) => NativeLibrary.TryGetExport(handle, name, out nint address) ? address : 0;

    /// <summary>The address of an export.</summary>
    /// <exception cref="EntryPointNotFoundException">The library lacks it: it is too old.</exception>
    public nint Resolve(string name)
    {
        nint address = Find(name);
        if (address != 0) return address;
        throw new EntryPointNotFoundException($"{Path} has no function {name}; a version for CUDA 12.0 or newer is needed");
    }
}
