using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Tests.Numerics;

/// <summary>Numbers where rounding goes wrong first: edges of formats, neighbours, near and far exponents; always the same ones.</summary>
internal static class Operands
{
    public static readonly Rounding[] Directions = [Rounding.NearestEven, Rounding.Zero, Rounding.Down, Rounding.Up];

    public static readonly Rounding[] All = Enum.GetValues<Rounding>();

    public static readonly float[] EdgeSingles = WithSigns(
        0, float.Epsilon, 3 * float.Epsilon, MathF.BitDecrement(1.17549435E-38f), 1.17549435E-38f, 2.3509887E-38f, 0.5f, MathF.BitDecrement(1), 1,
        MathF.BitIncrement(1), 1.5f, 3, 16777215, 16777216, 1.7014118E38f, MathF.BitDecrement(float.MaxValue), float.MaxValue, 1e-20f, 1e20f);

    public static readonly double[] EdgeDoubles = [.. EdgeSingles.Select(value => (double)value),
        double.Epsilon, -double.Epsilon, 2.2250738585072014E-308, Math.BitDecrement(2.2250738585072014E-308), double.MaxValue, -double.MaxValue,
        Math.BitDecrement(1.0), Math.BitIncrement(1.0), 8.98846567431158E307, 1e-160, -1e-160, 1e160];

    public static float Single(Random random) => Draw(random, EdgeSingles, 8, () =>
    {
        uint exponent = (uint)(random.Next(3) == 0 ? random.Next(255) : random.Next(117, 137));
        return BitConverter.UInt32BitsToSingle(((uint)random.Next(2) << 31) | (exponent << 23) | (Bits(random) & 0x7f_ffff));
    });

    public static double Double(Random random) => Draw(random, EdgeDoubles, 8, () =>
    {
        ulong exponent = (ulong)(random.Next(3) == 0 ? random.Next(2047) : random.Next(1013, 1033));
        ulong fraction = (((ulong)Bits(random) << 32) | Bits(random)) & 0x000f_ffff_ffff_ffff;
        return BitConverter.UInt64BitsToDouble(((ulong)random.Next(2) << 63) | (exponent << 52) | fraction);
    });

    // Sparse and dense fractions, because ties come from short ones.
    private static uint Bits(Random random)
    {
        uint bits = (uint)random.NextInt64(1L << 32);
        return random.Next(3) switch
        {
            0 => bits & 0xff80_0000 & (uint)random.NextInt64(1L << 32),
            1 => bits | 0x00ff_ffff,
            _ => bits,
        };
    }

    private static T Draw<T>(Random random, T[] edges, int oneEdgeIn, Func<T> other) =>
        random.Next(oneEdgeIn) == 0 ? edges[random.Next(edges.Length)] : other();

    private static float[] WithSigns(params float[] values) => [.. values, .. values.Select(value => -value)];
}
