namespace Ditto.Emulation.Numerics;

/// <summary>A binary floating-point format as a type argument, so that rounding is compiled for each one with its numbers in place.</summary>
internal interface IBinaryFormat
{
    /// <summary>Stored bits of the significand, without the hidden one.</summary>
    static abstract int FractionBits { get; }

    /// <summary>Exponent of the smallest normal number.</summary>
    static abstract int MinExponent { get; }

    /// <summary>Encoding of the largest finite number.</summary>
    static abstract ulong LargestFinite { get; }

    /// <summary>Encoding of an overflow that rounds away from zero; a format without infinities names its largest finite number.</summary>
    static abstract ulong Infinity { get; }

    /// <summary>The NaN that conversions give.</summary>
    static abstract ulong CanonicalNaN { get; }

    /// <summary>The sign bit.</summary>
    static abstract ulong SignBit { get; }
}

/// <summary>f64: 11 bits of exponent, 52 of fraction.</summary>
internal readonly struct Binary64 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int FractionBits => 52;

    /// <inheritdoc/>
    public static int MinExponent => -1022;

    /// <inheritdoc/>
    public static ulong LargestFinite => 0x7fef_ffff_ffff_ffff;

    /// <inheritdoc/>
    public static ulong Infinity => 0x7ff0_0000_0000_0000;

    /// <inheritdoc/>
    public static ulong CanonicalNaN => 0x7fff_ffff_ffff_ffff;

    /// <inheritdoc/>
    public static ulong SignBit => 1UL << 63;
}

/// <summary>f32: 8 bits of exponent, 23 of fraction.</summary>
internal readonly struct Binary32 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int FractionBits => 23;

    /// <inheritdoc/>
    public static int MinExponent => -126;

    /// <inheritdoc/>
    public static ulong LargestFinite => 0x7f7f_ffff;

    /// <inheritdoc/>
    public static ulong Infinity => 0x7f80_0000;

    /// <inheritdoc/>
    public static ulong CanonicalNaN => 0x7fff_ffff;

    /// <inheritdoc/>
    public static ulong SignBit => 1UL << 31;
}

/// <summary>tf32 in the top 19 bits of a word, as numbers of 19 bits: 8 bits of exponent, 10 of fraction.</summary>
internal readonly struct Binary19 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int FractionBits => 10;

    /// <inheritdoc/>
    public static int MinExponent => -126;

    /// <inheritdoc/>
    public static ulong LargestFinite => 0x3fbff;

    /// <inheritdoc/>
    public static ulong Infinity => 0x3fc00;

    /// <inheritdoc/>
    public static ulong CanonicalNaN => 0x3ffff;

    /// <inheritdoc/>
    public static ulong SignBit => 1UL << 18;
}

/// <summary>f16: 5 bits of exponent, 10 of fraction.</summary>
internal readonly struct Binary16 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int FractionBits => 10;

    /// <inheritdoc/>
    public static int MinExponent => -14;

    /// <inheritdoc/>
    public static ulong LargestFinite => 0x7bff;

    /// <inheritdoc/>
    public static ulong Infinity => 0x7c00;

    /// <inheritdoc/>
    public static ulong CanonicalNaN => 0x7fff;

    /// <inheritdoc/>
    public static ulong SignBit => 1UL << 15;
}

/// <summary>bf16: 8 bits of exponent, 7 of fraction.</summary>
internal readonly struct Brain16 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int FractionBits => 7;

    /// <inheritdoc/>
    public static int MinExponent => -126;

    /// <inheritdoc/>
    public static ulong LargestFinite => 0x7f7f;

    /// <inheritdoc/>
    public static ulong Infinity => 0x7f80;

    /// <inheritdoc/>
    public static ulong CanonicalNaN => 0x7fff;

    /// <inheritdoc/>
    public static ulong SignBit => 1UL << 15;
}

/// <summary>e4m3: 4 bits of exponent, 3 of fraction, no infinity; all ones is NaN, so the largest number is 448.</summary>
internal readonly struct E4M3 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int FractionBits => 3;

    /// <inheritdoc/>
    public static int MinExponent => -6;

    /// <inheritdoc/>
    public static ulong LargestFinite => 0x7e;

    /// <inheritdoc/>
    public static ulong Infinity => 0x7e;

    /// <inheritdoc/>
    public static ulong CanonicalNaN => 0x7f;

    /// <inheritdoc/>
    public static ulong SignBit => 0x80;
}

/// <summary>e5m2: 5 bits of exponent, 2 of fraction.</summary>
internal readonly struct E5M2 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int FractionBits => 2;

    /// <inheritdoc/>
    public static int MinExponent => -14;

    /// <inheritdoc/>
    public static ulong LargestFinite => 0x7b;

    /// <inheritdoc/>
    public static ulong Infinity => 0x7c;

    /// <inheritdoc/>
    public static ulong CanonicalNaN => 0x7f;

    /// <inheritdoc/>
    public static ulong SignBit => 0x80;
}
