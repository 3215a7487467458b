using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ditto.Emulation.Numerics;

/// <summary>
/// The tensor cores' product of small matrices as PTX.md section 9 has it: products exact, their sum and the accumulator rounded once,
/// to nearest even. Nearly every sum is finished in double, whose rounding errors are collected exactly (TwoSum); where those leave a
/// doubt about the last bit, a <see cref="Superaccumulator"/> decides.
/// </summary>
internal static unsafe class ExactSum
{
    /// <summary>Columns of a tile.</summary>
    public const int Columns = 8;

    private const int MaxDepth = 64;

    /// <summary>c += a b, each element rounded once to f32; NaN results are 0x7fffffff.</summary>
    /// <param name="a">(rows, depth), row by row.</param>
    /// <param name="b">(depth, 8), row by row.</param>
    /// <param name="c">(rows, 8), row by row.</param>
    /// <param name="depth">Products a sum has: 1 to 64.</param>
    /// <param name="rows">Rows of a and c.</param>
    [SkipLocalsInit]
    public static void MultiplyTile(float* a, float* b, float* c, int depth, int rows = 16)
    {
        double* wide = stackalloc double[MaxDepth * Columns];
        float* accumulator = stackalloc float[Columns];
        Widen(b, wide, depth);
        for (int row = 0; row < rows; row++, a += depth, c += Columns)
        {
            RowSum sum = Accumulate(a, wide, Vector256.Load(c), depth);
            Vector512<double> settled = sum.Settle(depth, out ulong doubtful);
            if (doubtful != 0)
                Vector256.Store(Vector256.Load(c), accumulator);
            Vector256.Store(Ieee32.Canonical(Vector256.Narrow(settled.GetLower(), settled.GetUpper())), c);
            for (; doubtful != 0; doubtful &= doubtful - 1)
            {
                int column = BitOperations.TrailingZeroCount(doubtful);
                c[column] = BitConverter.UInt32BitsToSingle((uint)Exact<Binary32>(a, b + column, Columns, accumulator[column], depth));
            }
        }
    }

    /// <summary>c += a b, each element rounded once to f16 (the .f16 accumulators); all values are held as f32.</summary>
    /// <param name="a">(rows, depth), row by row: f16 or fp8 values.</param>
    /// <param name="b">(depth, 8), row by row: f16 or fp8 values.</param>
    /// <param name="c">(rows, 8), row by row: f16 values.</param>
    /// <param name="depth">Products a sum has: 1 to 64.</param>
    /// <param name="rows">Rows of a and c.</param>
    [SkipLocalsInit]
    public static void MultiplyTileHalf(float* a, float* b, float* c, int depth, int rows = 16)
    {
        double* wide = stackalloc double[MaxDepth * Columns];
        Widen(b, wide, depth);
        for (int row = 0; row < rows; row++, a += depth, c += Columns)
        {
            Vector256<float> accumulator = Vector256.Load(c);
            RowSum sum = Accumulate(a, wide, accumulator, depth);
            Vector256<float> odd = NarrowToOdd(sum.Sum);
            Vector256.Store(Float16.ToSingle(Float16.FromSingle(odd)), c);
            ulong doubtful = (~Vector512.Equals(sum.Magnitude, Vector512<double>.Zero)).ExtractMostSignificantBits();
            for (; doubtful != 0; doubtful &= doubtful - 1)
            {
                int column = BitOperations.TrailingZeroCount(doubtful);
                c[column] = Float16.ToSingle((ushort)Exact<Binary16>(a, b + column, Columns, accumulator[column], depth));
            }
        }
    }

    /// <summary>c += a b in integers.</summary>
    /// <param name="a">(rows, depth), row by row: 8-bit values or narrower.</param>
    /// <param name="b">(depth, 8), row by row: 8-bit values or narrower.</param>
    /// <param name="c">(rows, 8), row by row.</param>
    /// <param name="depth">Products a sum has.</param>
    /// <param name="saturate">.satfinite: the sum is clamped to s32; it wraps otherwise.</param>
    /// <param name="rows">Rows of a and c.</param>
    public static void MultiplyTile(int* a, int* b, int* c, int depth, bool saturate, int rows = 16)
    {
        for (int row = 0; row < rows; row++, a += depth, c += Columns)
        {
            Vector256<int> products = Vector256<int>.Zero;
            for (int k = 0; k < depth; k++)
                products += Vector256.Create(a[k]) * Vector256.Load(b + (k * Columns));
            Vector256<int> start = Vector256.Load(c);
            Vector256<int> sum = start + products;
            if (saturate)
            {
                Vector256<int> overflow = ((start ^ sum) & (products ^ sum)) >> 31;
                sum = Vector256.ConditionalSelect(overflow, (start >> 31) ^ Vector256.Create(int.MaxValue), sum);
            }
            Vector256.Store(sum, c);
        }
    }

    /// <summary>The exact sum of the products a[i] * b[i] and c, rounded once to f32; NaN is 0x7fffffff.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float c)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"dot product: a has {a.Length} elements, b has {b.Length}; they must have as many", nameof(b));
        fixed (float* first = a, second = b)
            return BitConverter.UInt32BitsToSingle((uint)Exact<Binary32>(first, second, 1, c, a.Length));
    }

    private static ulong Exact<TFormat>(float* a, float* b, int stride, float c, int depth)
        where TFormat : IBinaryFormat
    {
        Superaccumulator exact = default;
        double plain = c;
        for (int k = 0; k < depth; k++)
            plain += (double)a[k] * b[k * stride];
        // Doubles have room for every finite sum, so only an infinity or NaN among the operands ends in one; and a plain sum of -0
        // says that all terms are -0.
        if (!double.IsFinite(plain) || (plain == 0 && double.IsNegative(plain)))
            return Rounder.Round<TFormat>(plain, Rounding.NearestEven);
        exact.Add(c);
        for (int k = 0; k < depth; k++)
            exact.Add((double)a[k] * b[k * stride]);
        return exact.Round<TFormat>(Rounding.NearestEven);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widen(Vector256<float> value) =>
        Vector512.Create(Vector256.WidenLower(value), Vector256.WidenUpper(value));

    private static void Widen(float* b, double* wide, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, MaxDepth);
        for (int k = 0; k < depth; k++)
            Vector512.Store(Widen(Vector256.Load(b + (k * Columns))), wide + (k * Columns));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RowSum Accumulate(float* a, double* b, Vector256<float> c, int depth)
    {
        Vector512<double> sum = Widen(c), errors = Vector512<double>.Zero, magnitude = Vector512<double>.Zero;
        for (int k = 0; k < depth; k++)
        {
            Vector512<double> product = Vector512.Create((double)a[k]) * Vector512.Load(b + (k * Columns));
            Vector512<double> next = sum + product;
            Vector512<double> right = next - sum;
            Vector512<double> error = (sum - (next - right)) + (product - right);
            sum = next;
            errors += error;
            magnitude += Vector512.Abs(error);
        }
        return new RowSum(sum, errors, magnitude);
    }

    // To odd, so that the following rounding to f16 is the only one; the sum is exact.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> NarrowToOdd(Vector512<double> exact)
    {
        Vector256<float> nearest = Vector256.Narrow(exact.GetLower(), exact.GetUpper());
        Vector512<double> rest = exact - Widen(nearest);
        Vector256<float> direction = Vector256.Narrow(rest.GetLower(), rest.GetUpper());
        Vector256<int> bits = nearest.AsInt32();
        Vector256<int> even = (bits & Vector256<int>.One) - Vector256<int>.One;           // all ones where the last bit is 0
        Vector256<int> inexact = ~Vector256.Equals(direction, Vector256<float>.Zero).AsInt32();
        Vector256<int> step = ((bits ^ direction.AsInt32()) >> 31) | Vector256<int>.One;  // -1 toward zero, +1 away from it
        return (bits + (step & even & inexact)).AsSingle();
    }

    /// <summary>A row's sums in double, the sum of their rounding errors, and the sum of those errors' magnitudes.</summary>
    private readonly struct RowSum(Vector512<double> sum, Vector512<double> errors, Vector512<double> magnitude)
    {
        public Vector512<double> Sum => sum;

        public Vector512<double> Magnitude => magnitude;

        // Doubles whose rounding to f32 is that of the exact sums, but for the lanes in doubtful. With h + l = sum + errors (TwoSum),
        // the exact sum is within ulp(h)/2 + d of h, where d <= depth 2^-53 magnitude is what adding the errors up has lost. If
        // d <= ulp(h)/8 and h is not the middle of two floats, it and the exact sum lie on the same side of all such middles.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<double> Settle(int depth, out ulong doubtful)
        {
            Vector512<double> exact = Vector512.Equals(magnitude, Vector512<double>.Zero);
            if (exact.ExtractMostSignificantBits() == 0xff)
            {
                doubtful = 0;
                return sum;
            }
            Vector512<double> settled = sum + errors;
            Vector512<double> size = Vector512.Abs(settled);
            Vector512<ulong> tail = settled.AsUInt64() & Vector512.Create(0x1fff_ffffUL);
            Vector512<double> middle = Vector512.Equals(tail, Vector512.Create(0x1000_0000UL)).AsDouble();
            Vector512<double> normal = Vector512.GreaterThanOrEqual(size, Vector512.Create(1.1754943508222875E-38));   // 2^-126
            Vector512<double> near = Vector512.LessThanOrEqual(magnitude * Vector512.Create(depth * 16.0), size);
            doubtful = (~(exact | (normal & near & ~middle))).ExtractMostSignificantBits();
            return Vector512.ConditionalSelect(exact, sum, settled);
        }
    }
}
