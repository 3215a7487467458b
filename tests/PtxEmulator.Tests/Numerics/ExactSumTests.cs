using Ditto.Emulation.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Numerics;

public sealed unsafe class ExactSumTests
{
    private const int Rows = 16, Columns = 8;

    /// <summary>How operands are spread: a narrow range, many powers of two apart, or with products that cancel each other.</summary>
    public enum Spread
    {
        Narrow,
        Wide,
        Cancelling,
        Tied,
    }

    [Test]
    public void Tile_equals_the_exact_sum_rounded_once([Values] Spread spread, [Values(4, 8, 16, 32)] int depth, [Values] bool brain)
    {
        Random random = new(depth);
        for (int round = 0; round < 8; round++)
        {
            (float[] a, float[] b, float[] c) = Tile(random, spread, depth, brain);
            float[] actual = [.. c];
            fixed (float* first = a, second = b, sum = actual)
                ExactSum.MultiplyTile(first, second, sum, depth);
            for (int i = 0; i < c.Length; i++)
            {
                uint expected = (uint)RoundingOracle.Single.Round(Exact(a, b, c, i, depth), Rounding.NearestEven, float.IsNegative(actual[i]));
                Assert.That(BitConverter.SingleToUInt32Bits(actual[i]), Is.EqualTo(expected), $"round {round}, element {i}: {actual[i]:R}");
            }
        }
    }

    [Test]
    public void Half_tile_equals_the_exact_sum_rounded_once([Values] Spread spread, [Values(8, 16, 32)] int depth)
    {
        Random random = new(depth);
        for (int round = 0; round < 8; round++)
        {
            (float[] a, float[] b, float[] c) = Tile(random, spread, depth, brain: false);
            for (int i = 0; i < c.Length; i++)
                c[i] = Float16.ToSingle(Float16.FromSingleFinite(c[i]));
            float[] actual = [.. c];
            fixed (float* first = a, second = b, sum = actual)
                ExactSum.MultiplyTileHalf(first, second, sum, depth);
            for (int i = 0; i < c.Length; i++)
            {
                uint expected = (uint)RoundingOracle.Half.Round(Exact(a, b, c, i, depth), Rounding.NearestEven, float.IsNegative(actual[i]));
                Assert.That(actual[i], Is.EqualTo(Float16.ToSingle((ushort)expected)), $"round {round}, element {i}");
            }
        }
    }

    [Test]
    public void Dot_product_equals_the_exact_sum_rounded_once([Values] Spread spread)
    {
        Random random = new(1);
        (float[] a, float[] b, float[] c) = Tile(random, spread, 16, brain: true);
        for (int i = 0; i < c.Length; i++)
        {
            float[] column = [.. Enumerable.Range(0, 16).Select(k => b[(k * Columns) + (i % Columns)])];
            float actual = ExactSum.Dot(a.AsSpan(i / Columns * 16, 16), column, c[i]);
            uint expected = (uint)RoundingOracle.Single.Round(Exact(a, b, c, i, 16), Rounding.NearestEven);
            Assert.That(BitConverter.SingleToUInt32Bits(actual), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Special_values_follow_the_standard()
    {
        const float Infinity = float.PositiveInfinity, Largest = float.MaxValue;
        float tiny = MathF.ScaleB(1, -126);
        (float A0, float B0, float A1, float B1, float C, uint Expected)[] cases =
        [
            (Infinity, 1, 1, 1, 0, 0x7f80_0000),
            (Infinity, 1, -1, Infinity, 0, 0x7fff_ffff),
            (Infinity, 0, 1, 1, 0, 0x7fff_ffff),
            (1, 1, 1, 1, float.NaN, 0x7fff_ffff),
            (1, 1, 1, 1, -Infinity, 0xff80_0000),
            (2, Largest, -1, Largest, 0, 0x7f7f_ffff),                     // beyond the range only on the way
            (2, Largest, 1, 1, 0, 0x7f80_0000),
            (-0.0f, 1, -0.0f, 1, -0.0f, 0x8000_0000),
            (1, 1, -1, 1, -0.0f, 0),
            (tiny, 0.5f, 0, 0, 0, 0x0040_0000),                            // denormals are kept
            (tiny, tiny, 0, 0, float.Epsilon, 1),
        ];
        foreach ((float a0, float b0, float a1, float b1, float c, uint expected) in cases)
        {
            float[] a = new float[Rows * 2], b = new float[2 * Columns], sum = new float[Rows * Columns];
            (a[2], a[3], b[1], b[Columns + 1], sum[Columns + 1]) = (a0, a1, b0, b1, c);
            fixed (float* first = a, second = b, tile = sum)
                ExactSum.MultiplyTile(first, second, tile, 2);
            string what = $"{a0} * {b0} + {a1} * {b1} + {c}";
            Assert.That(BitConverter.SingleToUInt32Bits(sum[Columns + 1]), Is.EqualTo(expected), what);
            Assert.That(BitConverter.SingleToUInt32Bits(ExactSum.Dot([a0, a1], [b0, b1], c)), Is.EqualTo(expected), what);
        }
    }

    [Test]
    public void What_double_loses_still_decides()
    {
        // 2^60 and 1 cancel. Beside the 1 the last term is below half a last bit of double, beside 2^-30 it is 3/4 of a float's.
        Check([60, 0, -30, -54, -55], [60, 0], 0x3080_0001);
        // Denormals: 512.5 units of 2^-149, and far below double's last bit something that breaks the tie.
        Check([-140, -150, -220], [], 0x201);

        // The sum of powers of two, those in the second list taken away at the end.
        static void Check(int[] added, int[] removed, uint expected)
        {
            float[] left = [.. added.Select(Half), .. removed.Select(exponent => -Half(exponent))];
            float[] right = [.. added.Concat(removed).Select(exponent => MathF.ScaleB(1, exponent - (exponent / 2)))];
            float[] a = new float[Rows * left.Length], b = new float[left.Length * Columns], sum = new float[Rows * Columns];
            left.CopyTo(a, left.Length);
            for (int k = 0; k < right.Length; k++)
                b[(k * Columns) + 3] = right[k];
            fixed (float* first = a, second = b, tile = sum)
                ExactSum.MultiplyTile(first, second, tile, left.Length);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(BitConverter.SingleToUInt32Bits(sum[Columns + 3]), Is.EqualTo(expected));
                Assert.That(BitConverter.SingleToUInt32Bits(ExactSum.Dot(left, right, 0)), Is.EqualTo(expected));
            }
        }

        static float Half(int exponent) => MathF.ScaleB(1, exponent / 2);
    }

    [Test]
    public void Integer_tile_wraps_or_saturates([Values] bool saturate)
    {
        Random random = new(4);
        int[] a = [.. Enumerable.Range(0, Rows * 32).Select(_ => random.Next(-128, 256))];
        int[] b = [.. Enumerable.Range(0, 32 * Columns).Select(_ => random.Next(-128, 256))];
        int[] c = [.. Enumerable.Range(0, Rows * Columns).Select(i => (i % 3) switch { 0 => int.MaxValue - i, 1 => int.MinValue + i, _ => i })];
        int[] actual = [.. c];
        fixed (int* first = a, second = b, sum = actual)
            ExactSum.MultiplyTile(first, second, sum, 32, saturate);
        for (int i = 0; i < c.Length; i++)
        {
            long exact = c[i];
            for (int k = 0; k < 32; k++)
                exact += (long)a[(i / Columns * 32) + k] * b[(k * Columns) + (i % Columns)];
            int expected = saturate ? (int)Math.Clamp(exact, int.MinValue, int.MaxValue) : unchecked((int)exact);
            Assert.That(actual[i], Is.EqualTo(expected), $"element {i}");
        }
    }

    private static Dyadic Exact(float[] a, float[] b, float[] c, int element, int depth)
    {
        Dyadic sum = Dyadic.Of(c[element]);
        for (int k = 0; k < depth; k++)
            sum += Dyadic.Of(a[(element / Columns * depth) + k]) * Dyadic.Of(b[(k * Columns) + (element % Columns)]);
        return sum;
    }

    private static (float[] A, float[] B, float[] C) Tile(Random random, Spread spread, int depth, bool brain)
    {
        int limit = brain ? 60 : 14;
        float Draw()
        {
            int exponent = spread is Spread.Narrow ? random.Next(-3, 2) : random.Next(-limit, limit);
            float value = MathF.ScaleB(random.Next(-255, 256), exponent - 8);
            return brain ? BFloat16.ToSingle(BFloat16.FromSingle(value)) : Float16.ToSingle(Float16.FromSingleFinite(value));
        }
        float[] a = [.. Enumerable.Range(0, Rows * depth).Select(_ => Draw())];
        float[] b = [.. Enumerable.Range(0, depth * Columns).Select(_ => Draw())];
        float[] c = [.. Enumerable.Range(0, Rows * Columns).Select(_ => Draw() * random.NextSingle())];
        if (spread is Spread.Cancelling or Spread.Tied)
        {
            // Every product meets its opposite, so that only the accumulator and the last product remain.
            for (int k = 0; k + 2 < depth; k += 2)
            {
                for (int row = 0; row < Rows; row++)
                    a[(row * depth) + k + 1] = a[(row * depth) + k];
                for (int column = 0; column < Columns; column++)
                    b[((k + 1) * Columns) + column] = -b[(k * Columns) + column];
            }
        }
        if (spread == Spread.Tied)
        {
            // The middle of two floats, and something far below that decides; one row in four is an exact tie.
            for (int row = 0; row < Rows; row++)
            {
                (a[(row * depth) + depth - 2], a[(row * depth) + depth - 1]) = (MathF.ScaleB(1, -12), row % 4 == 0 ? 0 : a[row * depth]);
                for (int column = 0; column < Columns; column++)
                    c[(row * Columns) + column] = 1 + (MathF.ScaleB(random.Next(1 << 22), -22) * (column % 2));
            }
            for (int column = 0; column < Columns; column++)
            {
                b[((depth - 2) * Columns) + column] = MathF.ScaleB(1, -12);
                b[((depth - 1) * Columns) + column] = MathF.ScaleB(column - 4, -14);
            }
        }
        return (a, b, c);
    }
}
