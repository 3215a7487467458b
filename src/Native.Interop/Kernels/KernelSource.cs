using System.Collections.ObjectModel;

namespace Ditto.Interop;

/// <summary>A kernel source and every header it reaches, under the exact texts of the include lines.</summary>
/// <param name="Name">The file below <c>kernels/</c>, or any name for a text that is no file.</param>
/// <param name="Text">The source text.</param>
/// <param name="Headers">Include text to header text.</param>
public sealed record KernelSource(string Name, string Text, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>A source without headers.</summary>
    /// <param name="name">A name for messages.</param>
    /// <param name="text">The source text.</param>
    public static KernelSource FromText(string name, string text) => new(name, text, ReadOnlyDictionary<string, string>.Empty);

    /// <summary>A shipped source with its headers.</summary>
    /// <param name="name">The file below <c>kernels/</c>, for example <c>transformer/attention.cu</c>.</param>
    /// <exception cref="FileNotFoundException">It does not ship, or includes a file that does not ship.</exception>
    public static KernelSource Shipped(string name) => KernelResources.Load(name);
}
