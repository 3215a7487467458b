using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Streams, events, and recorded graphs.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class StreamTests(TestDevice device)
{
    [Test]
    public void Time_between_events_is_not_negative()
    {
        using DeviceEvent start = device.Device.CreateEvent();
        using DeviceEvent end = device.Device.CreateEvent();
        using TestMemory memory = device.Memory();
        Tensor tensor = memory.Allocate(DType.F32, 1 << 20);
        device.Stream.Record(start);
        device.Operations.FillZero(tensor);
        device.Stream.Record(end);
        end.Synchronize();
        Assert.That(end.IsComplete, Is.True);
        Assert.That(end.ElapsedMs(start), Is.InRange(0f, 60_000f));
    }

    [Test]
    public void An_event_that_was_never_recorded_has_no_time()
    {
        using DeviceEvent start = device.Device.CreateEvent();
        using DeviceEvent end = device.Device.CreateEvent();
        DeviceException refused = Assert.Throws<DeviceException>(() => end.ElapsedMs(start));
        Assert.That(refused.Call, Is.EqualTo("cuEventElapsedTime"));
        Assert.That(refused.ErrorName, Is.EqualTo("CUDA_ERROR_INVALID_HANDLE"));
    }

    [Test]
    public void One_stream_waits_for_another()
    {
        using DeviceStream other = device.Device.CreateStream();
        using Operations operations = device.Device.CreateOperations(other);
        using DeviceEvent written = device.Device.CreateEvent();
        using TestMemory memory = device.Memory();
        float[] values = new RandomTensors(1).Normal(1 << 18);
        Tensor source = memory.Upload(values, DType.F32, values.Length);
        Tensor middle = memory.Allocate(DType.F32, values.Length);
        Tensor result = memory.Allocate(DType.F32, values.Length);
        device.Operations.Copy(middle, source);
        device.Stream.Record(written);
        other.Wait(written);
        operations.Copy(result, middle);
        other.Synchronize();
        Assert.That(memory.Download(result), Is.EqualTo(Numbers.ToDoubles(values)));
    }

    [Test]
    public void A_recorded_graph_replays_on_new_data()
    {
        using TestMemory memory = device.Memory();
        Tensor source = memory.Allocate(DType.F32, 100);
        Tensor middle = memory.Allocate(DType.F32, 100);
        Tensor result = memory.Allocate(DType.F32, 100);
        memory.Write(result, new float[100]);
        device.Stream.BeginCapture();
        Assert.That(device.Stream.IsCapturing, Is.True);
        device.Operations.Copy(middle, source);
        device.Operations.Copy(result, middle);
        using DeviceGraph graph = device.Stream.EndCapture();
        Assert.That(device.Stream.IsCapturing, Is.False);
        Assert.That(graph.NodeCount, Is.EqualTo(2));
        Assert.That(memory.Download(result), Is.All.Zero, "recording does not run");
        for (int run = 0; run < 3; run++)
        {
            float[] values = new RandomTensors(run).Normal(100);
            memory.Write(source, values);
            graph.Launch(device.Stream);
            Assert.That(memory.Download(result), Is.EqualTo(Numbers.ToDoubles(values)));
        }
    }

    [Test]
    public void Waiting_inside_a_capture_is_refused_and_the_stream_stays_usable()
    {
        using DeviceStream own = device.Device.CreateStream();
        own.BeginCapture();
        DeviceException refused = Assert.Throws<DeviceException>(own.Synchronize);
        Assert.That(refused.ErrorName, Does.StartWith("CUDA_ERROR_STREAM_CAPTURE"));
        Assert.That(() => own.EndCapture(), Throws.InstanceOf<DeviceException>());
        Assert.That(own.Synchronize, Throws.Nothing);
        Assert.That(() => own.EndCapture(), Throws.InstanceOf<DeviceException>(), "nothing is being recorded");
    }

    [Test]
    public void A_launch_that_the_device_cannot_do_names_kernel_and_geometry()
    {
        using TestMemory memory = device.Memory();
        Tensor tensor = memory.Allocate(DType.F32, 16);
        Kernel kernel = device.Device.Kernels.Get(KernelCatalog.Silu[DType.F32]);
        DeviceException refused = Assert.Throws<DeviceException>(
            () => device.Operations.Launch(kernel, new LaunchGeometry(1, 1, 1, 4096), tensor, tensor, 16L));
        Assert.That(refused.Call, Is.EqualTo("cuLaunchKernel"));
        Assert.That(refused.Message, Does.Contain("silu<float>").And.Contain("grid 1x1x1, block 4096").And.Contain(device.Name));
    }

    [Test]
    public void A_kernel_runs_with_any_grid()
    {
        float[] values = new RandomTensors(9).Normal(1153);
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(values, DType.F32, 1153);
        Tensor y = memory.Allocate(DType.F32, 1153);
        Kernel kernel = device.Device.Kernels.Get(KernelCatalog.Silu[DType.F32]);
        double[] expected = [.. values.Select(value => value / (1 + Math.Exp(-value)))];
        foreach (int grid in new[] { 1, 2, 7, 4096 })
        {
            device.Operations.FillZero(y);
            device.Operations.Launch(kernel, LaunchGeometry.ForElements(device.Device, 1153) with { GridX = grid }, y, x, 1153L);
            Assert.That(memory.Download(y), TensorIs.Near(expected, 1e-12));
        }
    }

    [Test]
    public void A_launch_allocates_nothing()
    {
        using TestMemory memory = device.Memory();
        Tensor tensor = memory.Upload(new float[16], DType.F32, 16);
        LaunchGeometry geometry = LaunchGeometry.ForElements(device.Device, 16);
        for (int i = 0; i < 3; i++) Launch();
        long before = device.HostBytes;
        for (int i = 0; i < 50; i++) Launch();
        Assert.That(device.HostBytes - before, Is.Zero);

        void Launch() => device.Operations.Launch(device.Device.Kernels.Get(KernelCatalog.Silu[DType.F32]), geometry, tensor, tensor, 16L);
    }
}
