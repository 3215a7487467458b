using System.Runtime.CompilerServices;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Calls that fail once, and contexts that are lost: what is freed, what can be tried again, and what the error says.</summary>
[NonParallelizable]
public sealed class DeviceFaultTests
{
    private const int OutOfMemory = 2, LaunchFailed = 719, BlasAllocFailed = 3, NvrtcOutOfMemory = 1;

    private Device device = null!;

    private static FaultPlan Plan => FaultyDevice.Plan;

    [SetUp]
    public void Open()
    {
        Plan.Reset();
        device = FaultyDevice.Open();
        Plan.Reset();
    }

    [TearDown]
    public void Close()
    {
        device.Dispose();
        Plan.Reset();
        Assert.That(Plan.LiveHandles, Is.Empty);
    }

    [Test]
    public void Disposing_never_throws_and_counts_what_the_driver_frees_with_the_context()
    {
        DeviceMemory memory = device.Allocate(64);
        Plan.FailAt(InjectedFault.Context, Plan.Calls(InjectedFault.Context) + 1, OutOfMemory);
        Assert.That(memory.Dispose, Throws.Nothing);
        Assert.That(Plan.Failed, Is.EqualTo("cuCtxPushCurrent_v2"));
        Assert.That(device.LiveBytes, Is.Zero);
        device.Dispose();
        Assert.That(Plan.LeftToContext, Is.EqualTo(new Dictionary<string, int> { ["device memory"] = 1 }));
    }

    [Test]
    public void A_finalizer_whose_driver_fails_does_not_end_the_process()
    {
        AllocateAndForget();
        Plan.FailAt(InjectedFault.Context, Plan.Calls(InjectedFault.Context) + 1, OutOfMemory);
        for (int i = 0; i < 20 && device.LiveAllocations > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.That(device.LiveAllocations, Is.Zero);
        Assert.That(Plan.Failed, Is.EqualTo("cuCtxPushCurrent_v2"));
    }

    [Test]
    public void A_lost_device_says_so_at_every_call_until_it_is_opened_again()
    {
        using DeviceStream stream = device.CreateStream();
        Plan.FailAt(InjectedFault.Synchronize, 1, LaunchFailed, stays: true);
        DeviceException first = Assert.Throws<DeviceException>(stream.Synchronize)!;
        Assert.That(device.Failure, Is.SameAs(first));
        DeviceException[] all =
        [
            first, Assert.Throws<DeviceException>(stream.Synchronize)!, Assert.Throws<DeviceException>(() => device.Allocate(16))!,
            Assert.Throws<DeviceException>(() => device.CreateEvent())!, Assert.Throws<DeviceException>(() => device.FreeBytes())!,
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (DeviceException error in all)
            {
                Assert.That(error.IsDeviceLost, Is.True);
                Assert.That(error.ErrorName, Is.EqualTo("CUDA_ERROR_LAUNCH_FAILED"));
                Assert.That(error.Message, Does.Contain("wait for a stream").And.Contain("dispose everything").And.Contain("open it again"));
            }
        }
        stream.Dispose();
        device.Dispose();
        using Device again = FaultyDevice.Open();
        Assert.That(again.Failure, Is.Null);
        using DeviceMemory memory = again.Allocate(16);
    }

    [Test]
    public void An_error_that_passes_does_not_lose_the_device()
    {
        Plan.FailAt(InjectedFault.Allocate, 1, OutOfMemory);
        DeviceException refused = Assert.Throws<DeviceException>(() => device.Allocate(1 << 20, "the test's buffer", "two smaller ones"));
        Assert.That(refused.Message, Does.Contain("the test's buffer needs 1048576 bytes, has ").And.Contain("try two smaller ones"));
        Assert.That(refused.AvailableBytes, Is.GreaterThan(0));
        Assert.That(device.Failure, Is.Null);
        using DeviceMemory memory = device.Allocate(1 << 20);
    }

    [Test]
    public void The_matrix_product_library_is_tried_again()
    {
        using DeviceStream stream = device.CreateStream();
        using Operations operations = device.CreateOperations(stream);
        using DeviceMemory memory = device.Allocate(3 * 256);
        Tensor y = memory.View(DType.F32, 0, 4, 4), x = memory.View(DType.F32, 256, 4, 4), weight = memory.View(DType.F32, 512, 4, 4);
        Plan.FailAt(InjectedFault.Descriptor, 1, BlasAllocFailed);
        DeviceException refused = Assert.Throws<DeviceException>(() => operations.Linear(y, x, weight));
        Assert.That(refused.Call, Is.EqualTo("cublasLtCreate"));
        Assert.That(refused.IsOutOfMemory, Is.True);
        operations.Linear(y, x, weight);
        stream.Synchronize();
    }

    [Test]
    public void A_compiler_without_memory_is_no_kernel_that_does_not_compile()
    {
        Plan.FailAt(InjectedFault.Compile, 3, NvrtcOutOfMemory);
        KernelEntry entry = KernelCatalog.Silu[DType.F32];
        DeviceException refused = Assert.Throws<DeviceException>(() => device.Kernels.Get(entry));
        Assert.That(refused.Call, Is.EqualTo("nvrtcCompileProgram"));
        Assert.That(refused.IsOutOfMemory, Is.True);
        Assert.That(refused.Message, Does.Contain("silu<float>"));
        Assert.That(device.Kernels.Get(entry).NameExpression, Is.EqualTo("silu<float>"));
    }

    [Test]
    public void A_workspace_that_cannot_grow_leaves_room_for_the_smaller_one()
    {
        using DeviceStream stream = device.CreateStream();
        DeviceMemory small = stream.Workspace(1 << 12);
        Plan.MemoryLimit = 1 << 16;
        DeviceException refused = Assert.Throws<DeviceException>(() => stream.Workspace(1 << 17));
        Assert.That(refused.Message, Does.Contain("the workspace of matrix products needs 131072 bytes, has 65536 free"));
        Assert.That(stream.Workspace(1 << 12).IsClosed, Is.False);
        Assert.That(small.IsClosed, Is.True, "it was given back before the larger one was asked for");
    }

    [TestCase(34, "CUDA_ERROR_STUB_LIBRARY", "stub")]
    [TestCase(100, "CUDA_ERROR_NO_DEVICE", "CUDA_VISIBLE_DEVICES")]
    [TestCase(304, "CUDA_ERROR_OPERATING_SYSTEM", "permissions of /dev/nvidia*")]
    [TestCase(803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "two versions")]
    [TestCase(999, "CUDA_ERROR_UNKNOWN", "nvidia-smi")]
    public void A_driver_that_does_not_start_says_why_and_what_to_look_at(int code, string name, string advice)
    {
        Plan.FailAt(InjectedFault.Device, 1, code);
        DeviceException refused = Assert.Throws<DeviceException>(() => CudaBackend.Count(new CudaDriver(FaultyDevice.Resolve), "cuda:0"))!;
        Assert.That(refused.IsUnavailable, Is.True);
        Assert.That(refused.Message, Does.Contain("cuda:0").And.Contain($"{name} ({code})").And.Contain(advice));
    }

    [Test]
    public void A_held_device_closes_when_the_last_hold_ends()
    {
        IDisposable first = device.Hold(), second = device.Hold();
        device.Dispose();
        Assert.That(device.Hold, Throws.InstanceOf<ObjectDisposedException>());
        first.Dispose();
        first.Dispose();
        using (DeviceMemory memory = device.Allocate(16)) Assert.That(memory.IsInvalid, Is.False, "work under a hold goes on");
        second.Dispose();
        Assert.That(() => device.Allocate(16), Throws.InstanceOf<ObjectDisposedException>());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AllocateAndForget() => Assert.That(device.Allocate(4096).IsInvalid, Is.False);
}
