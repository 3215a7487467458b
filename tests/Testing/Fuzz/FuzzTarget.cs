namespace Ditto.Testing.Fuzz;

/// <summary>Something that reads untrusted bytes, and what it may do with them.</summary>
/// <param name="Name">Name of the format.</param>
/// <param name="Seeds">Good inputs, from which bad ones are made.</param>
/// <param name="Load">Reads an input.</param>
/// <param name="IsTyped">Whether an error is one that the format promises.</param>
public sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Load, Func<Exception, bool> IsTyped)
{
    /// <summary>Makes lengths and checksums of a mutated input right again, so that what lies behind them is reached; null for nothing.</summary>
    public Func<byte[], byte[]>? Repair { get; init; }

    /// <summary>Bytes that any input may allocate: exceptions, tables, and what the format's own limits allow.</summary>
    public long ConstantBytes { get; init; } = 200_000;

    /// <summary>Bytes that may be allocated for each byte of input.</summary>
    public int Factor { get; init; } = 64;

    /// <summary>Number of mutations in a normal run.</summary>
    public required int Cases { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
