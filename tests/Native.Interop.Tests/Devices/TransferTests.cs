using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Bytes between host and device, and from one place on the device to another.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class TransferTests(TestDevice device)
{
    [Test]
    public void What_is_copied_there_comes_back([Values(1, 5, 1153, 1 << 20)] int count)
    {
        float[] values = new RandomTensors(1).Normal(count);
        float[] back = new float[count];
        using TestMemory memory = device.Memory();
        Tensor tensor = memory.Allocate(DType.F32, count);
        device.Device.CopyToDevice<float>(tensor, values);
        device.Device.CopyToHost(back.AsSpan(), tensor);
        Assert.That(back, Is.EqualTo(values));
    }

    [Test]
    public void Stream_copies_run_in_order()
    {
        float[] values = new RandomTensors(2).Normal(4096);
        float[] back = new float[4096];
        using TestMemory memory = device.Memory();
        Tensor source = memory.Allocate(DType.F32, 4096);
        Tensor destination = memory.Allocate(DType.F32, 4096);
        device.Stream.CopyToDevice<float>(source, values);
        device.Operations.FillZero(destination);
        device.Operations.Copy(destination, source);
        device.Stream.CopyToHost(back.AsSpan(), destination);
        Assert.That(back, Is.EqualTo(values));
    }

    [Test]
    public void Pinned_memory_is_copied_without_waiting()
    {
        float[] values = new RandomTensors(3).Normal(1000);
        using TestMemory memory = device.Memory();
        using HostMemory from = device.Device.AllocateHost(4000);
        using HostMemory to = device.Device.AllocateHost(4000);
        values.CopyTo(from.AsSpan<float>());
        Tensor tensor = memory.Allocate(DType.F32, 1000);
        device.Stream.CopyToDevice(tensor, from);
        device.Stream.CopyToHost(to, tensor);
        device.Stream.Synchronize();
        Assert.That(to.AsSpan<float>().ToArray(), Is.EqualTo(values));
        Assert.That(device.Stream.IsIdle, Is.True);
    }

    [Test]
    public void Strided_tensors_are_copied_row_by_row()
    {
        float[] values = new RandomTensors(4).Normal(3 * 5 * 7);
        using TestMemory memory = device.Memory();
        Tensor source = memory.UploadStrided(values, DType.BF16, 3, 3, 5, 7);
        Tensor destination = memory.UploadStrided(new float[values.Length], DType.BF16, 1, 3, 5, 7);
        device.Operations.Copy(destination, source);
        Assert.That(memory.Download(destination), Is.EqualTo(Numbers.ToDoubles(Numbers.Rounded(values, DType.BF16))));
    }

    [Test]
    public void Zero_fills_every_byte()
    {
        using TestMemory memory = device.Memory();
        Tensor tensor = memory.Upload(new RandomTensors(5).Normal(1153), DType.F16, 1153);
        device.Operations.FillZero(tensor.Slice(0, 1, 1151));
        double[] values = memory.Download(tensor);
        Assert.That(values[1..^1], Is.All.Zero);
        Assert.That(values[0] * values[^1], Is.Not.Zero);
    }

    [Test]
    public void Sizes_and_strides_that_do_not_fit_are_refused()
    {
        using TestMemory memory = device.Memory();
        Tensor tensor = memory.Allocate(DType.F32, 4, 4);
        float[] host = new float[15];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => device.Device.CopyToDevice<float>(tensor, host),
                Throws.ArgumentException.With.Message.Contains("f32 [4, 4] has 64 bytes, the host memory 60"));
            Assert.That(() => device.Device.CopyToHost(host.AsSpan(), tensor), Throws.ArgumentException);
            Assert.That(
                () => device.Device.CopyToHost(host.AsSpan(0, 8), tensor.Slice(1, 0, 2)),
                Throws.ArgumentException.With.Message.Contains("contiguous"));
            Assert.That(() => device.Device.CopyToHost(host.AsSpan(0, 0), default), Throws.ArgumentException);
            Assert.That(() => device.Operations.Copy(tensor, tensor.Slice(0, 0, 2)), Throws.ArgumentException.With.Message.Contains("f32 [2, 4]"));
            Assert.That(() => device.Operations.FillZero(tensor.Slice(1, 0, 2)), Throws.ArgumentException);
        }
    }

    [Test]
    public void Empty_tensors_are_copied_as_nothing()
    {
        using TestMemory memory = device.Memory();
        Tensor empty = memory.Allocate(DType.F32, 0, 4);
        device.Device.CopyToDevice<float>(empty, []);
        device.Operations.Copy(empty, empty);
        device.Operations.FillZero(empty);
        Assert.That(memory.Download(empty), Is.Empty);
    }

    [Test]
    public void Any_thread_may_use_a_device()
    {
        int wrong = 0;
        Parallel.For(0, 16, seed =>
        {
            float[] values = new RandomTensors(seed).Normal(10_000);
            float[] back = new float[values.Length];
            using DeviceMemory memory = device.Device.Allocate(values.Length * sizeof(float));
            using DeviceStream stream = device.Device.CreateStream();
            Tensor tensor = memory.View(DType.F32, 0, values.Length);
            stream.CopyToDevice<float>(tensor, values);
            stream.CopyToHost(back.AsSpan(), tensor);
            if (!back.AsSpan().SequenceEqual(values)) Interlocked.Increment(ref wrong);
        });
        Assert.That(wrong, Is.Zero);
    }
}
