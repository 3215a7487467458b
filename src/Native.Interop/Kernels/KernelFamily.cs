using System.Collections.ObjectModel;

namespace Ditto.Interop;

/// <summary>A kernel template and its instantiations, one for each storage type.</summary>
public sealed class KernelFamily
{
    private readonly KernelEntry?[] byType = new KernelEntry?[Enum.GetValues<DType>().Length];

    internal KernelFamily(string source, string name, IEnumerable<KernelEntry> entries)
    {
        Source = source;
        Name = name;
        Entries = new ReadOnlyCollection<KernelEntry>([.. entries]);
        foreach (KernelEntry entry in Entries) byType[(int)entry.DType] = entry;
    }

    /// <summary>The source file below <c>kernels/</c>.</summary>
    public string Source { get; }

    /// <summary>The template's name.</summary>
    public string Name { get; }

    /// <summary>The instantiations.</summary>
    public IReadOnlyList<KernelEntry> Entries { get; }

    /// <summary>The instantiation for a storage type.</summary>
    /// <param name="type">The storage type.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public KernelEntry this[DType type] => byType[(int)type] ?? throw Missing(type);

    private ArgumentException Missing(DType type)
    {
        string present = string.Join(", ", Entries.Select(entry => entry.DType.ShortName()));
        return new ArgumentException($"{Name}: no kernel for {type.ShortName()}; there are {present}");
    }
}
