using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Matrix products give the same bits whatever runs beside them, and cost the host nothing once they are planned.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class LinearRepeatTests(TestDevice device)
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];

    [Test]
    public void The_number_of_threads_changes_no_bit([ValueSource(nameof(Types))] DType type)
    {
        if (device.Device.ThreadCount == 0) Assert.Ignore($"{device.Name} has no worker threads");
        LinearCase test = new(130, 200, 96, type, type, true, true, Activation.None);
        int before = device.Device.ThreadCount;
        try
        {
            using TestMemory memory = device.Memory();
            byte[]? first = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                device.Device.ThreadCount = threads;
                byte[] bytes = Run(memory, test, test.X, test.Residual, test.Rows);
                first ??= bytes;
                Assert.That(bytes, Is.EqualTo(first), $"{threads} threads");
            }
        }
        finally
        {
            device.Device.ThreadCount = before;
        }
    }

    [Test]
    public void A_row_alone_is_the_row_of_the_batch([ValueSource(nameof(Types))] DType type)
    {
        if (device.Device.ThreadCount == 0) Assert.Ignore($"{device.Name} may choose another algorithm for another number of rows");
        LinearCase test = new(67, 72, 144, type, type, true, true, Activation.None);
        using TestMemory memory = device.Memory();
        byte[] all = Run(memory, test, test.X, test.Residual, test.Rows);
        int rowBytes = test.N * type.ByteSize();
        foreach (int row in new[] { 0, 1, 31, 32, 66 })
        {
            byte[] alone = Run(memory, test, test.X.AsSpan(row * test.K, test.K), test.Residual.AsSpan(row * test.N, test.N), 1);
            Assert.That(alone, Is.EqualTo(all[(row * rowBytes)..((row + 1) * rowBytes)]), $"row {row}");
        }
    }

    [Test]
    public void Two_runs_give_the_same_bits([ValueSource(nameof(Types))] DType type)
    {
        LinearCase test = new(65, 130, 257, type, type, true, false, Activation.GeluTanh);
        using TestMemory memory = device.Memory();
        byte[] first = Run(memory, test, test.X, test.Residual, test.Rows);
        for (int run = 0; run < 5; run++) Assert.That(Run(memory, test, test.X, test.Residual, test.Rows), Is.EqualTo(first));
    }

    [Test]
    public void Weights_marked_read_mostly_give_the_same_bits_and_may_be_written_again([ValueSource(nameof(Types))] DType type)
    {
        LinearCase test = new(40, 72, 144, type, type, false, false, Activation.None);
        float[] other = Numbers.Rounded(new RandomTensors(99).Normal(test.Weight.Length), type);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(test.X, type, test.Rows, test.K);
        Tensor plain = memory.Upload(test.Weight, type, test.N, test.K), marked = memory.Upload(test.Weight, type, test.N, test.K);
        device.Device.MarkReadMostly(marked);
        Tensor y = memory.Allocate(type, test.Rows, test.N);
        foreach (float[] weights in new[] { test.Weight, other })
        {
            memory.Write(plain, weights);
            memory.Write(marked, weights);
            device.Operations.Linear(y, x, plain);
            byte[] expected = memory.DownloadBytes(y);
            for (int run = 0; run < 2; run++)
            {
                device.Operations.Linear(y, x, marked);
                Assert.That(memory.DownloadBytes(y), Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void Memory_that_was_weights_before_is_forgotten()
    {
        LinearCase test = new(16, 64, 64, DType.BF16, DType.BF16, false, false, Activation.None);
        for (int run = 0; run < 3; run++)
        {
            float[] weights = Numbers.Rounded(new RandomTensors(run).Normal(64 * 64), DType.BF16);
            using TestMemory memory = device.Memory();
            Tensor x = memory.Upload(test.X, DType.BF16, 16, 64), y = memory.Allocate(DType.BF16, 16, 64);
            Tensor weight = memory.Upload(weights, DType.BF16, 64, 64);
            device.Operations.Linear(y, x, weight);
            byte[] expected = memory.DownloadBytes(y);
            device.Device.MarkReadMostly(weight);
            device.Operations.Linear(y, x, weight);
            Assert.That(memory.DownloadBytes(y), Is.EqualTo(expected));
        }
    }

    [Test]
    public void A_planned_product_allocates_nothing()
    {
        using TestMemory memory = device.Memory();
        LinearCase test = new(8, 16, 24, DType.BF16, DType.BF16, true, true, Activation.None);
        Tensor y = memory.Upload(new float[8 * 16], DType.BF16, 8, 16), x = memory.Upload(test.X, DType.BF16, 8, 24);
        Tensor weight = memory.Upload(test.Weight, DType.BF16, 16, 24), bias = memory.Upload(test.Bias, DType.BF16, 16);
        for (int i = 0; i < 3; i++) device.Operations.Linear(y, x, weight, bias, y);
        long allocations = device.Device.TotalAllocations;
        long before = device.HostBytes;
        for (int i = 0; i < 50; i++) device.Operations.Linear(y, x, weight, bias, y);
        Assert.That(device.HostBytes - before, Is.Zero);
        Assert.That(device.Device.TotalAllocations, Is.EqualTo(allocations));
    }

    [Test]
    public void A_product_is_recorded_and_replayed()
    {
        LinearCase test = new(24, 48, 40, DType.F32, DType.F32, true, false, Activation.GeluTanh);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(test.X, DType.F32, 24, 40), y = memory.Allocate(DType.F32, 24, 48);
        Tensor weight = memory.Upload(test.Weight, DType.F32, 48, 40), bias = memory.Upload(test.Bias, DType.F32, 48);
        device.Operations.Linear(y, x, weight, bias, activation: Activation.GeluTanh);
        byte[] expected = memory.DownloadBytes(y);
        device.Stream.BeginCapture();
        device.Operations.Linear(y, x, weight, bias, activation: Activation.GeluTanh);
        using DeviceGraph graph = device.Stream.EndCapture();
        device.Operations.FillZero(y);
        graph.Launch(device.Stream);
        Assert.That(memory.DownloadBytes(y), Is.EqualTo(expected));
    }

    private byte[] Run(TestMemory memory, LinearCase test, ReadOnlySpan<float> x, ReadOnlySpan<float> residual, int rows)
    {
        Tensor y = memory.Allocate(test.Output, rows, test.N);
        device.Operations.Linear(
            y,
            memory.Upload(x, test.Input, rows, test.K),
            memory.Upload(test.Weight, test.Input, test.N, test.K),
            memory.Upload(test.Bias, test.Output, test.N),
            test.HasResidual ? memory.Upload(residual, test.Output, rows, test.N) : default,
            test.Activation);
        return memory.DownloadBytes(y);
    }
}
