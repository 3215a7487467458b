using System.Diagnostics;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>Something that was tried on a device and compared with what the host computes.</summary>
/// <param name="Name">What was tried.</param>
/// <param name="IsOk">Whether it ran and was right.</param>
/// <param name="Detail">The error found, or what went wrong.</param>
internal sealed record DoctorCheck(string Name, bool IsOk, string Detail)
{
    private const double Tolerance = 1e-5;
    private const int Rows = 5, Inner = 48, Columns = 33;            // odd on purpose: edges are where products go wrong

    /// <summary>One kernel, one matrix product.</summary>
    public static IReadOnlyList<DoctorCheck> RunAll(Device device) => [Try("kernel silu", device, Silu), Try("matrix product", device, Product)];

    private static DoctorCheck Try(string name, Device device, Func<Device, double> run)
    {
        try
        {
            Stopwatch time = Stopwatch.StartNew();
            double error = run(device);
            string detail = Readable.Invariant($"relative error {error:0.0e+0}, {time.ElapsedMilliseconds} ms with its compilation");
            return new DoctorCheck(name, error <= Tolerance, detail);
        }
        catch (DittoException refused)
        {
            return new DoctorCheck(name, false, refused.Message);
        }
    }

    private static double Silu(Device device)
    {
        float[] x = Values(Rows * Inner, 0.31f);
        using DeviceMemory memory = device.Allocate(2L * x.Length * sizeof(float));
        Tensor input = memory.View(DType.F32, 0, x.Length), output = memory.View(DType.F32, (long)x.Length * sizeof(float), x.Length);
        float[] actual = Compute(device, output, operations => operations.Silu(output, input), (input, x));
        return Error(actual, index => x[index] / (1 + Math.Exp(-x[index])));
    }

    private static double Product(Device device)
    {
        float[] x = Values(Rows * Inner, 0.17f), weight = Values(Columns * Inner, 0.23f);
        using DeviceMemory memory = device.Allocate(3 * 256 * 32);
        Tensor left = memory.View(DType.F32, 0, Rows, Inner), right = memory.View(DType.F32, 8192, Columns, Inner);
        Tensor output = memory.View(DType.F32, 16384, Rows, Columns);
        float[] actual = Compute(device, output, operations => operations.Linear(output, left, right), (left, x), (right, weight));
        return Error(actual, index =>
            Enumerable.Range(0, Inner).Sum(k => (double)x[(index / Columns * Inner) + k] * weight[(index % Columns * Inner) + k]));
    }

    private static float[] Compute(Device device, Tensor output, Action<Operations> run, params (Tensor Tensor, float[] Values)[] inputs)
    {
        foreach ((Tensor tensor, float[] values) in inputs) device.CopyToDevice<float>(tensor, values);
        device.Synchronize();
        using DeviceStream stream = device.CreateStream();
        using Operations operations = device.CreateOperations(stream);
        run(operations);
        stream.Synchronize();
        float[] result = new float[output.ElementCount];
        device.CopyToHost<float>(result, output);
        return result;
    }

    private static double Error(float[] actual, Func<int, double> expected)
    {
        double worst = 0, largest = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double right = expected(i), error = Math.Abs(actual[i] - right);
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
            largest = Math.Max(largest, Math.Abs(right));
        }
        return worst / largest;
    }

    private static float[] Values(int count, float frequency) => [.. Enumerable.Range(0, count).Select(i => 3f * MathF.Sin(frequency * (i + 1)))];
}
