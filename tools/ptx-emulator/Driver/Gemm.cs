using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>
/// Matrix products on packed panels: two vectors of D's rows times six of its columns. Every element is one chain of multiply-adds along k, so
/// that results depend on nothing but the operands.
/// </summary>
internal static unsafe class Gemm
{
    private const int Columns = 6, Vectors = 2, PackedDepth = 64;

    /// <summary>Runs a product whose operands' memory was checked.</summary>
    /// <typeparam name="T">What is summed in: float, double or int.</typeparam>
    /// <typeparam name="TScale">What alpha and beta multiply in.</typeparam>
    /// <typeparam name="TIn">Elements of A and B.</typeparam>
    /// <typeparam name="TOut">Elements of C, D and the bias.</typeparam>
    public static void Run<T, TScale, TIn, TOut>(MatmulCommand command)
        where T : unmanaged, INumber<T>
        where TScale : unmanaged, INumber<TScale>
        where TIn : struct, IMatmulElement<T>
        where TOut : struct, IMatmulElement<TScale>
    {
        MatmulProblem problem = command.Problem;
        int height = Vectors * Vector256<T>.Count;
        long k = problem.K, rowPanels = (problem.M + height - 1) / height, columnPanels = (problem.N + Columns - 1) / Columns;
        T* a = (T*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, rowPanels * height * k * sizeof(T)), 64);
        T* b = (T*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, columnPanels * Columns * k * sizeof(T)), 64);
        try
        {
            for (int batch = 0; batch < problem.D.Batch; batch++)
            {
                byte* fromA = Start(command.A, problem.A, batch), fromB = Start(command.B, problem.B, batch);
                int matrix = batch;
                if (batch == 0 || problem.A.Stride > 0)
                {
                    Parallel.For(0, rowPanels, panel => Pack<T, TIn>(
                        fromA, problem.A.Ld, problem.TransA, problem.M, k, panel * height, height, a + (panel * height * k)));
                }
                if (batch == 0 || problem.B.Stride > 0)
                {
                    Parallel.For(0, columnPanels, panel => Pack<T, TIn>(
                        fromB, problem.B.Ld, !problem.TransB, problem.N, k, panel * Columns, Columns, b + (panel * Columns * k)));
                }
                Parallel.For(0, rowPanels, panel =>
                {
                    T* tile = stackalloc T[Columns * height];
                    for (long column = 0; column < columnPanels; column++)
                    {
                        Multiply(a + (panel * height * k), b + (column * Columns * k), k, tile);
                        Store<T, TScale, TOut>(command, matrix, tile, panel * height, column * Columns);
                    }
                });
            }
        }
        finally
        {
            NativeMemory.AlignedFree(a);
            NativeMemory.AlignedFree(b);
        }
    }

    private static byte* Start(ulong address, MatmulOperand operand, int batch) => (byte*)address + (batch * operand.Stride * operand.Size);

    // `width` rows of op(A), or columns of op(B), beside each other for each step along k; zeros beyond the last one.
    private static void Pack<T, TIn>(byte* from, long ld, bool depthIsContiguous, long count, long k, long first, int width, T* to)
        where T : unmanaged, INumber<T>
        where TIn : struct, IMatmulElement<T>
    {
        int present = (int)Math.Min(width, count - first);
        if (present < width) new Span<byte>(to, checked((int)(k * width * sizeof(T)))).Clear();
        if (!depthIsContiguous)
        {
            for (long depth = 0; depth < k; depth++)
                for (int lane = 0; lane < present; lane++) to[(depth * width) + lane] = TIn.Read(from, (depth * ld) + first + lane);
            return;
        }
        for (long start = 0; start < k; start += PackedDepth)
        {
            long end = Math.Min(k, start + PackedDepth);
            for (int lane = 0; lane < present; lane++)
                for (long depth = start; depth < end; depth++) to[(depth * width) + lane] = TIn.Read(from, ((first + lane) * ld) + depth);
        }
    }

    private static void Multiply<T>(T* a, T* b, long k, T* tile)
        where T : unmanaged, INumber<T>
    {
        Vector256<T> low0 = default, low1 = default, low2 = default, low3 = default, low4 = default, low5 = default;
        Vector256<T> high0 = default, high1 = default, high2 = default, high3 = default, high4 = default, high5 = default;
        int step = Vector256<T>.Count;
        for (long depth = 0; depth < k; depth++)
        {
            Vector256<T> low = Vector256.Load(a), high = Vector256.Load(a + step);
            Vector256<T> column = Vector256.Create(b[0]);
            low0 = MultiplyAdd(low, column, low0);
            high0 = MultiplyAdd(high, column, high0);
            column = Vector256.Create(b[1]);
            low1 = MultiplyAdd(low, column, low1);
            high1 = MultiplyAdd(high, column, high1);
            column = Vector256.Create(b[2]);
            low2 = MultiplyAdd(low, column, low2);
            high2 = MultiplyAdd(high, column, high2);
            column = Vector256.Create(b[3]);
            low3 = MultiplyAdd(low, column, low3);
            high3 = MultiplyAdd(high, column, high3);
            column = Vector256.Create(b[4]);
            low4 = MultiplyAdd(low, column, low4);
            high4 = MultiplyAdd(high, column, high4);
            column = Vector256.Create(b[5]);
            low5 = MultiplyAdd(low, column, low5);
            high5 = MultiplyAdd(high, column, high5);
            a += Vectors * step;
            b += Columns;
        }
        Keep(tile, 0, low0, high0);
        Keep(tile, 1, low1, high1);
        Keep(tile, 2, low2, high2);
        Keep(tile, 3, low3, high3);
        Keep(tile, 4, low4, high4);
        Keep(tile, 5, low5, high5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<T>(T* tile, int column, Vector256<T> low, Vector256<T> high)
        where T : unmanaged
    {
        low.Store(tile + (column * Vectors * Vector256<T>.Count));
        high.Store(tile + (((column * Vectors) + 1) * Vector256<T>.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> MultiplyAdd<T>(Vector256<T> a, Vector256<T> b, Vector256<T> sum)
    {
        if (typeof(T) == typeof(float)) return Vector256.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), sum.AsSingle()).As<float, T>();
        if (typeof(T) == typeof(double)) return Vector256.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), sum.AsDouble()).As<double, T>();
        return (a * b) + sum;
    }

    private static void Store<T, TScale, TOut>(MatmulCommand command, int batch, T* tile, long firstRow, long firstColumn)
        where T : unmanaged, INumber<T>
        where TScale : unmanaged, INumber<TScale>
        where TOut : struct, IMatmulElement<TScale>
    {
        MatmulProblem problem = command.Problem;
        byte* c = Start(command.C, problem.C, batch), d = Start(command.D, problem.D, batch);
        byte* bias = (byte*)problem.Bias + (batch * problem.BiasStride * problem.D.Size);
        TScale alpha = TScale.CreateTruncating(command.Alpha), beta = TScale.CreateTruncating(command.Beta);
        int height = Vectors * Vector256<T>.Count, rows = (int)Math.Min(height, problem.M - firstRow);
        bool readsC = command.Beta != 0, hasBias = problem.HasBias;
        for (int column = 0; column < Columns && firstColumn + column < problem.N; column++)
        {
            for (int lane = 0; lane < rows; lane++)
            {
                long row = firstRow + lane;
                TScale value = alpha * TScale.CreateTruncating(tile[(column * height) + lane]);
                if (readsC) value += beta * TOut.Read(c, ((firstColumn + column) * problem.C.Ld) + row);
                if (hasBias) value += TOut.Read(bias, row);
                TOut.Write(d, ((firstColumn + column) * problem.D.Ld) + row, Activate(value, problem.Epilogue));
            }
        }
    }

    private static T Activate<T>(T value, CublasLtEpilogue epilogue)
        where T : unmanaged, INumber<T>
    {
        if (((uint)epilogue & (uint)CublasLtEpilogue.CUBLASLT_EPILOGUE_RELU) != 0) return value < T.Zero ? T.Zero : value;
        if (((uint)epilogue & (uint)CublasLtEpilogue.CUBLASLT_EPILOGUE_GELU) == 0) return value;
        double x = double.CreateTruncating(value);
        return T.CreateTruncating(0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))));
    }
}
