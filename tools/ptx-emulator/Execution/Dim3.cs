namespace Ditto.Emulation.Execution;

/// <summary>Extents along x, y and z, or a place.</summary>
/// <param name="X">Along x.</param>
/// <param name="Y">Along y.</param>
/// <param name="Z">Along z.</param>
public readonly record struct Dim3(int X, int Y, int Z)
{
    /// <summary>The product of the extents.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>The place of a number below <see cref="Count"/>: x first, then y, then z.</summary>
    public Dim3 At(long number) => new((int)(number % X), (int)(number / X % Y), (int)(number / ((long)X * Y)));

    /// <summary>For example <c>(4, 1, 1)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"({X}, {Y}, {Z})");
}
