using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Ditto.CommandLine;

/// <summary>
/// oneDNN's dnnl_sgemm, Y = X B, on the processor's cores: the same yardstick as that of other engines. It runs on OpenMP threads of its own.
/// </summary>
internal sealed class OneDnnGemm : IPlainGemm
{
    private const int ThreadsRest = 10;      // ms until OpenMP's threads have stopped to spin: they must not disturb what is measured next

    private static readonly string[] Libraries = ["libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"];

    private readonly Sgemm sgemm;
    private readonly float[] x, b, y;

    private OneDnnGemm(Sgemm sgemm, GemmShape shape)
    {
        this.sgemm = sgemm;
        Shape = shape;
        x = Filled(shape.M * shape.K, seed: 1);
        b = Filled(shape.K * shape.N, seed: 2);
        y = GC.AllocateArray<float>(checked((int)(shape.M * shape.N)), pinned: true);
    }

    private delegate int Sgemm(
        byte transA, byte transB, long m, long n, long k, float alpha, nint a, long lda, nint b, long ldb, float beta, nint c, long ldc);

    private delegate void SetThreads(int count);

    public string Library => "onednn";

    public GemmShape Shape { get; }

    /// <summary>X, (M, K).</summary>
    public ReadOnlySpan<float> X => x;

    /// <summary>B, (K, N).</summary>
    public ReadOnlySpan<float> B => b;

    /// <summary>Y, (M, N), once it was timed.</summary>
    public ReadOnlySpan<float> Y => y;

    /// <summary>Allocates and fills the operands, where the library is on this machine.</summary>
    /// <param name="shape">The product.</param>
    /// <param name="threads">Threads that products of this thread may use.</param>
    /// <param name="gemm">The product, or null.</param>
    public static bool TryCreate(GemmShape shape, int threads, [NotNullWhen(true)] out OneDnnGemm? gemm)
    {
        gemm = null;
        if (!TryGet("dnnl_sgemm", Libraries, out Sgemm? sgemm)) return false;
        if (!TryGet("omp_set_num_threads", ["libgomp.so.1"], out SetThreads? setThreads)) return false;
        setThreads(threads);
        gemm = new OneDnnGemm(sgemm, shape);
        return true;
    }

    public double Time(int runs)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++) Multiply();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / runs;
        Thread.Sleep(ThreadsRest);
        return seconds;
    }

    public void Dispose()
    {
    }

    private static bool TryGet<T>(string function, string[] libraries, [NotNullWhen(true)] out T? entry)
        where T : Delegate
    {
        entry = null;
        foreach (string name in libraries)
        {
            if (!NativeLibrary.TryLoad(name, out nint library) || !NativeLibrary.TryGetExport(library, function, out nint address)) continue;
            entry = Marshal.GetDelegateForFunctionPointer<T>(address);
            return true;
        }
        return false;
    }

    private static float[] Filled(long count, int seed)
    {
        Random random = new(seed);
        float[] values = GC.AllocateUninitializedArray<float>(checked((int)count), pinned: true);
        for (int i = 0; i < values.Length; i++) values[i] = random.NextSingle() - 0.5f;
        return values;
    }

    private static nint Address(float[] pinned) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    private void Multiply()
    {
        int status = sgemm(
            (byte)'N', (byte)'N', Shape.M, Shape.N, Shape.K, 1f, Address(x), Shape.K, Address(b), Shape.N, 0f, Address(y), Shape.N);
        if (status != 0) throw new InvalidOperationException(Readable.Invariant($"dnnl_sgemm of {Shape}: status {status}"));
    }
}
