using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Linear layers with int8 weights: exact sums on every device, the error that rounding to 8 bits has, and no bit from elsewhere.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class Int8LinearTests(TestDevice device)
{
    private static readonly (int Rows, int N, int K)[] Sizes =
        [(1, 4, 16), (5, 12, 32), (17, 36, 80), (130, 260, 48), (3, 1156, 1152), (64, 200, 4608)];

    private static readonly DType[] Types = KernelCheck.Storage;

    [TestCaseSource(nameof(Sizes))]
    public void Sums_are_exact((int Rows, int N, int K) size)
    {
        (int rows, int n, int k) = size;
        sbyte[] x = Whole(1, rows * k), weight = Whole(2, n * k);
        using TestMemory memory = device.Memory();
        Tensor sums = memory.Allocate(DType.I32, rows, n), marked = memory.UploadRaw<sbyte>(weight, DType.I8, n, k);
        device.Device.MarkReadMostly(marked);
        foreach (Tensor w in new[] { memory.UploadRaw<sbyte>(weight, DType.I8, n, k), marked, marked })
        {
            device.Operations.ProductInt8(sums, memory.UploadRaw<sbyte>(x, DType.I8, rows, k), w);
            double[] actual = memory.Download(sums);
            for (int i = 0; i < actual.Length; i += 1 + (actual.Length / 3000))
            {
                long sum = 0;
                for (int c = 0; c < k; c++) sum += x[((i / n) * k) + c] * weight[((i % n) * k) + c];
                Assert.That(actual[i], Is.EqualTo(sum), $"[{i / n}, {i % n}]");
            }
        }
    }

    /// <summary>Odd sizes too: they are padded where the values are quantised.</summary>
    [Test]
    public void Matches_float64_over_the_quantised_values([ValueSource(nameof(Types))] DType type, [Values] Activation activation)
    {
        foreach ((int rows, int n, int k) in new[] { (1, 1, 1), (5, 3, 7), (17, 33, 65), (40, 96, 128), (9, 130, 1153) })
        {
            using TestMemory memory = device.Memory();
            LinearCase test = new(rows, n, k, type, type, true, true, activation);
            double[] x = Rounded(memory, test.X, type, k), weight = Rounded(memory, test.Weight, type, k), expected = new double[rows * n];
            for (int i = 0; i < expected.Length; i++)
            {
                double sum = (double)test.Bias[i % n] + test.Residual[i];
                for (int c = 0; c < k; c++) sum += x[((i / n) * k) + c] * weight[((i % n) * k) + c];
                double inner = Math.Sqrt(2 / Math.PI) * (sum + (0.044715 * sum * sum * sum));
                expected[i] = activation == Activation.GeluTanh ? 0.5 * sum * (1 + Math.Tanh(inner)) : sum;
            }
            Tensor y = memory.UploadStrided(new float[rows * n], type, 3, rows, n);
            LinearWeight quantised = Quantise(memory, memory.Upload(test.Weight, type, n, k), memory.Upload(test.Bias, type, n));
            Tensor input = memory.UploadStrided(test.X, type, 5, rows, k);
            device.Operations.Linear(
                y, input, quantised, Scratch(memory, rows, n, k), memory.Upload(test.Residual, type, rows, n), activation);
            Assert.That(memory.Download(y), TensorIs.Near(expected, test.MaxNmse(expected)), $"{test}");
        }
    }

    /// <summary>Two operands rounded to 127 steps of their largest value: for normal values a relative error near 1 %.</summary>
    [Test]
    public void The_error_of_eight_bits_is_near_one_percent()
    {
        LinearCase test = new(64, 96, 1152, DType.F32, DType.F32, false, false, Activation.None);
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(DType.F32, 64, 96);
        LinearWeight quantised = Quantise(memory, memory.Upload(test.Weight, DType.F32, 96, 1152), default);
        device.Operations.Linear(y, memory.Upload(test.X, DType.F32, 64, 1152), quantised, Scratch(memory, 64, 96, 1152));
        double[] actual = memory.Download(y), expected = test.Expected();
        double nmse = actual.Zip(expected, (a, e) => (a - e) * (a - e)).Sum() / expected.Sum(e => e * e);
        TestContext.Out.WriteLine($"relative error {Math.Sqrt(nmse):p2}");
        Assert.That(Math.Sqrt(nmse), Is.InRange(0.005, 0.015));
    }

    [Test]
    public void A_row_alone_is_the_row_of_the_batch_under_any_thread_count([ValueSource(nameof(Types))] DType type)
    {
        if (device.Device.ThreadCount == 0) Assert.Ignore($"{device.Name} has no worker threads");
        const int rows = 67, n = 72, k = 144;
        LinearCase test = new(rows, n, k, type, type, true, false, Activation.GeluTanh);
        int before = device.Device.ThreadCount, rowBytes = n * type.ByteSize();
        using TestMemory memory = device.Memory();
        LinearWeight weight = Quantise(memory, memory.Upload(test.Weight, type, n, k), memory.Upload(test.Bias, type, n));
        byte[] Run(int first, int count)
        {
            Tensor y = memory.Allocate(type, count, n), x = memory.Upload(test.X.AsSpan(first * k, count * k), type, count, k);
            device.Operations.Linear(y, x, weight, Scratch(memory, count, n, k), activation: test.Activation);
            return memory.DownloadBytes(y);
        }
        try
        {
            byte[] all = Run(0, rows);
            foreach (int threads in new[] { 1, 2, 3 })
            {
                device.Device.ThreadCount = threads;
                Assert.That(Run(0, rows), Is.EqualTo(all), $"{threads} threads");
                foreach (int row in new[] { 0, 1, 31, 32, 66 })
                    Assert.That(Run(row, 1), Is.EqualTo(all[(row * rowBytes)..((row + 1) * rowBytes)]), $"row {row}");
            }
        }
        finally
        {
            device.Device.ThreadCount = before;
        }
    }

    [Test]
    public void Nan_and_infinity_stay_in_their_rows([ValueSource(nameof(Types))] DType type)
    {
        LinearCase test = new(5, 20, 33, type, type, true, false, Activation.None);
        float[] x = [.. test.X];
        x[33 + 7] = float.NaN;
        x[(3 * 33) + 30] = float.NegativeInfinity;
        using TestMemory memory = device.Memory();
        Tensor y = memory.Allocate(type, 5, 20);
        LinearWeight weight = Quantise(memory, memory.Upload(test.Weight, type, 20, 33), memory.Upload(test.Bias, type, 20));
        device.Operations.Linear(y, memory.Upload(x, type, 5, 33), weight, Scratch(memory, 5, 20, 33));
        double[] values = memory.Download(y);
        for (int row = 0; row < 5; row++)
            Assert.That(values[(row * 20)..((row + 1) * 20)].All(double.IsNaN), Is.EqualTo(row is 1 or 3), $"row {row}");
    }

    [Test]
    public void It_is_recorded_and_replayed_and_allocates_nothing_once_planned()
    {
        LinearCase test = new(24, 48, 40, DType.BF16, DType.BF16, true, false, Activation.GeluTanh);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(test.X, DType.BF16, 24, 40), y = memory.Allocate(DType.BF16, 24, 48);
        LinearWeight weight = Quantise(memory, memory.Upload(test.Weight, DType.BF16, 48, 40), memory.Upload(test.Bias, DType.BF16, 48));
        Int8Scratch scratch = Scratch(memory, 24, 48, 40);
        for (int i = 0; i < 3; i++) device.Operations.Linear(y, x, weight, scratch, activation: Activation.GeluTanh);
        byte[] expected = memory.DownloadBytes(y);
        long allocations = device.Device.TotalAllocations, bytes = device.HostBytes;
        for (int i = 0; i < 50; i++) device.Operations.Linear(y, x, weight, scratch, activation: Activation.GeluTanh);
        Assert.That(device.HostBytes - bytes, Is.Zero);
        Assert.That(device.Device.TotalAllocations, Is.EqualTo(allocations));
        device.Stream.BeginCapture();
        device.Operations.Linear(y, x, weight, scratch, activation: Activation.GeluTanh);
        using DeviceGraph graph = device.Stream.EndCapture();
        device.Operations.FillZero(y);
        graph.Launch(device.Stream);
        Assert.That(memory.DownloadBytes(y), Is.EqualTo(expected));
    }

    [Test]
    public void A_plain_weight_gives_the_bits_of_the_plain_product()
    {
        LinearCase test = new(6, 20, 33, DType.F32, DType.F32, true, false, Activation.None);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(test.X, DType.F32, 6, 33), y = memory.Allocate(DType.F32, 6, 20);
        LinearWeight weight = new(memory.Upload(test.Weight, DType.F32, 20, 33), memory.Upload(test.Bias, DType.F32, 20));
        device.Operations.Linear(y, x, weight.Values, weight.Bias);
        byte[] expected = memory.DownloadBytes(y);
        device.Operations.FillZero(y);
        device.Operations.Linear(y, x, weight, default(Int8Scratch));
        Assert.That(memory.DownloadBytes(y), Is.EqualTo(expected));
    }

    [Test]
    public void Bad_arguments_are_named()
    {
        using TestMemory memory = device.Memory();
        Operations operations = device.Operations;
        Tensor x = memory.Allocate(DType.F32, 3, 20), y = memory.Allocate(DType.F32, 3, 8), scales = memory.Allocate(DType.F32, 8);
        LinearWeight weight = new(memory.Allocate(DType.I8, 8, 32), default, scales);
        Int8Scratch scratch = Scratch(memory, 3, 8, 20);
        KernelCheck.Refuses(() => operations.Linear(y, x, weight, default(Int8Scratch)), "int8 linear", "values is absent");
        Int8Scratch small = scratch with { Sums = memory.Allocate(DType.I32, 23) };
        KernelCheck.Refuses(() => operations.Linear(y, x, weight, small), "sums", "i32 [23]", "3 x 8");
        KernelCheck.Refuses(() => operations.Linear(y, memory.Allocate(DType.F32, 3, 40), weight, scratch), "f32 [3, 40]", "do not fit");
        KernelCheck.Refuses(() => operations.Linear(y, x, weight with { Values = memory.Allocate(DType.I8, 9, 32) }, scratch), "i8 [9, 32]");
        Tensor sums = memory.Allocate(DType.I32, 3, 6);
        KernelCheck.Refuses(() => operations.ProductInt8(sums, memory.Allocate(DType.I8, 3, 16), memory.Allocate(DType.I8, 6, 16)), "multiple of 4");
        KernelCheck.Refuses(() => operations.ProductInt8(sums, memory.Allocate(DType.I8, 3, 24), memory.Allocate(DType.I8, 6, 24)), "16");
        KernelCheck.Refuses(() => operations.ProductInt8(sums, memory.Allocate(DType.I8, 3, 16), memory.Allocate(DType.I8, 8, 16)), "i32 [3, 6]");
        KernelCheck.Refuses(() => operations.ProductInt8(sums, memory.Allocate(DType.U8, 3, 16), memory.Allocate(DType.I8, 6, 16)), "expected i8");
        const int deep = LinearWeight.MaxInt8Depth + 16;
        Tensor wide = memory.Allocate(DType.I8, 1, deep), weights = memory.Allocate(DType.I8, 4, deep);
        KernelCheck.Refuses(() => operations.ProductInt8(memory.Allocate(DType.I32, 1, 4), wide, weights), "at most 131072");
    }

    private LinearWeight Quantise(TestMemory memory, Tensor weight, Tensor bias)
    {
        long n = weight[0], rows = LinearWeight.Int8Rows(n), length = LinearWeight.Int8Length(weight[1]);
        Tensor values = memory.Allocate(DType.I8, rows, length), scales = memory.Allocate(DType.F32, n);
        device.Operations.FillZero(values);
        device.Operations.QuantizeRows(values.Slice(0, 0, n), scales, weight);
        device.Device.MarkReadMostly(values);
        return new LinearWeight(values, bias, scales);
    }

    private static Int8Scratch Scratch(TestMemory memory, int rows, int n, int k) => new(
        memory.Allocate(DType.I8, rows * LinearWeight.Int8Length(k)), memory.Allocate(DType.F32, rows),
        memory.Allocate(DType.I32, rows * LinearWeight.Int8Rows(n)));

    /// <summary>Rows as int8 holds them: scale times value.</summary>
    private double[] Rounded(TestMemory memory, float[] values, DType type, int length)
    {
        int rows = values.Length / length;
        Tensor q = memory.Allocate(DType.I8, rows, length), scales = memory.Allocate(DType.F32, rows);
        device.Operations.QuantizeRows(q, scales, memory.Upload(values, type, rows, length));
        double[] whole = memory.Download(q), steps = memory.Download(scales);
        return [.. whole.Select((value, i) => value * steps[i / length])];
    }

    /// <summary>Whole numbers in -127..127, half of them at the ends.</summary>
    private static sbyte[] Whole(int seed, int count) =>
        [.. new RandomTensors(seed).Integers(count, -254, 255).Select(value => (sbyte)Math.Clamp(value, -127, 127))];
}
