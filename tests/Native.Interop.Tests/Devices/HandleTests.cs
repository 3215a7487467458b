using System.Runtime.CompilerServices;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Who owns what, and what happens when it is freed twice, too late or never.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class HandleTests(TestDevice device)
{
    [Test]
    public void Disposing_twice_is_harmless()
    {
        DeviceMemory memory = device.Device.Allocate(16);
        HostMemory host = device.Device.AllocateHost(16);
        DeviceStream stream = device.Device.CreateStream();
        DeviceEvent point = device.Device.CreateEvent();
        Operations operations = device.Device.CreateOperations(stream);
        operations.Dispose();
        foreach (IDisposable handle in new IDisposable[] { memory, host, stream, point, operations })
        {
            handle.Dispose();
            Assert.That(handle.Dispose, Throws.Nothing);
        }
    }

    [Test]
    public void A_disposed_handle_is_refused()
    {
        DeviceMemory memory = device.Device.Allocate(16);
        HostMemory host = device.Device.AllocateHost(16);
        DeviceStream stream = device.Device.CreateStream();
        DeviceEvent point = device.Device.CreateEvent();
        memory.Dispose();
        host.Dispose();
        stream.Dispose();
        point.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => memory.View(DType.U8, 0, 16), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => _ = host.AsSpan<byte>().Length, Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(stream.Synchronize, Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => device.Stream.Record(point), Throws.InstanceOf<ObjectDisposedException>());
        }
    }

    [Test]
    public void Children_outlive_their_device()
    {
        Device own = Device.Open(device.Name);
        DeviceMemory memory = own.Allocate(64);
        DeviceStream stream = own.CreateStream();
        Kernel kernel = own.Kernels.Get(KernelCatalog.Silu[DType.F32]);
        using Operations operations = own.CreateOperations(stream);
        Tensor tensor = memory.View(DType.F32, 0, 16);
        own.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => own.Allocate(64), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => own.CreateStream(), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => own.Kernels.Get("transformer/activation.cu", "gelu_erf<float>"), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(
                () => operations.Launch(kernel, new LaunchGeometry(1, 1, 1, 1), tensor, tensor, 16L), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(own.Dispose, Throws.Nothing);
        }
        stream.Dispose();
        memory.Dispose();
        Assert.That(own.LiveAllocations, Is.Zero);
    }

    [Test]
    public void Allocations_are_counted()
    {
        using Device own = Device.Open(device.Name);
        DeviceMemory first = own.Allocate(1000);
        DeviceMemory second = own.Allocate(500);
        first.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(own.LiveAllocations, Is.EqualTo(1));
            Assert.That(own.LiveBytes, Is.EqualTo(500));
            Assert.That(own.PeakBytes, Is.EqualTo(1500));
            Assert.That(own.TotalAllocations, Is.EqualTo(2));
        }
        own.ResetPeakBytes();
        second.Dispose();
        Assert.That(own.PeakBytes, Is.EqualTo(500));
        Assert.That(own.LiveBytes, Is.Zero);
    }

    [Test]
    public void A_forgotten_allocation_is_freed_by_the_finalizer()
    {
        using Device own = Device.Open(device.Name);
        AllocateAndForget(own);
        for (int i = 0; i < 20 && own.LiveAllocations > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.That(own.LiveAllocations, Is.Zero);
    }

    [Test]
    public void Memory_that_is_not_there_is_refused_with_everything_named()
    {
        DeviceException refused = Assert.Throws<DeviceException>(() => device.Device.Allocate(1L << 55));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused.Call, Is.EqualTo("cuMemAlloc_v2"));
            Assert.That(refused.ErrorName, Is.EqualTo("CUDA_ERROR_OUT_OF_MEMORY"));
            Assert.That(refused.Code, Is.EqualTo(2));
            Assert.That(refused.IsOutOfMemory, Is.True);
            Assert.That(refused.IsUnavailable, Is.False);
            Assert.That(refused.Message, Does.Contain($"{1L << 55} bytes").And.Contain(device.Name).And.Contain("CUDA_ERROR_OUT_OF_MEMORY (2)"));
        }
        Assert.That(() => device.Device.Allocate(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_view_must_fit()
    {
        using DeviceMemory memory = device.Device.Allocate(64);
        Assert.That(memory.View(DType.F32, 32, 8).Pointer, Is.EqualTo((nuint)memory.Pointer + 32));
        Assert.That(() => memory.View(DType.F32, 36, 8), Throws.ArgumentException.With.Message.Contains("64 bytes"));
        Assert.That(() => memory.View(DType.F32, 2, 8), Throws.ArgumentException);
        Assert.That(() => memory.View(DType.F32, -4, 1), Throws.ArgumentException);
    }

    [Test]
    public void A_pool_is_one_allocation()
    {
        using Device own = Device.Open(device.Name);
        PoolPlan plan = new();
        PoolSlot first = plan.Add("first", DType.F32, [10, 10], 0, 1);
        PoolSlot second = plan.Add("second", DType.BF16, [7], 1, 2);
        PoolSlot third = plan.Add("third", DType.F32, [90], 2, 3);
        using (DevicePool pool = new(own, plan))
        {
            using (Assert.EnterMultipleScope())
            {
                Assert.That(own.LiveAllocations, Is.EqualTo(1));
                Assert.That(own.LiveBytes, Is.EqualTo(plan.TotalBytes));
                Assert.That(pool[first].Shape.ToArray(), Is.EqualTo(new long[] { 10, 10 }));
                Assert.That((long)pool[second].Pointer % PoolPlan.Alignment, Is.Zero);
                Assert.That(pool[third].Pointer, Is.EqualTo(pool[first].Pointer), "their lifetimes do not meet");
            }
            PoolSlot late = plan.Add("late", DType.F32, [1], 0, 0);
            Assert.That(() => pool[late], Throws.ArgumentException);
        }
        Assert.That(own.LiveAllocations, Is.Zero);
    }

    [Test]
    public void A_device_knows_its_own_memory()
    {
        using DeviceMemory memory = device.Device.Allocate(64);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(device.Device.Owns(memory.View(DType.F32, 32, 8)), Is.True);
            Assert.That(device.Device.Owns(default), Is.False);
            Assert.That(device.Device.Owns(Tensor.FromDevicePointer(0x10, DType.U8, 1)), Is.False);
        }
    }

    [Test]
    public void A_stream_keeps_one_workspace_and_frees_it()
    {
        using Device own = Device.Open(device.Name);
        using (DeviceStream stream = own.CreateStream())
        {
            DeviceMemory first = stream.Workspace(1 << 16);
            Assert.That(stream.Workspace(1 << 12), Is.SameAs(first));
            Assert.That(stream.Workspace(1 << 18).ByteCount, Is.EqualTo(1 << 18));
            Assert.That(own.LiveAllocations, Is.EqualTo(1));
        }
        Assert.That(own.LiveAllocations, Is.Zero);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AllocateAndForget(Device own) => Assert.That(own.Allocate(4096).IsInvalid, Is.False);
}
