using System.Runtime.InteropServices;
using Ditto.Emulation.Driver;
using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>Contexts, handles, memory and copies.</summary>
public sealed class ContextTests
{
    [Test]
    public void Calls_without_a_context_are_refused()
    {
        using EmulatedCalls calls = new();
        CuResult[] results = [];
        Thread other = new(() => results =
        [
            EmulatedCalls.Call("cuMemAlloc_v2", calls.Host<nint>(0), 16), EmulatedCalls.Call("cuStreamSynchronize", 0),
            EmulatedCalls.Call("cuCtxPopCurrent_v2", 0), EmulatedCalls.Call("cuCtxPushCurrent_v2", calls.Context + 1),
        ]);
        other.Start();
        other.Join();
        Assert.That(results, Is.All.EqualTo(CuResult.CUDA_ERROR_INVALID_CONTEXT));
    }

    [Test]
    public void The_primary_context_lives_until_its_last_user_and_takes_everything_along()
    {
        using EmulatedCalls outer = new("sm_80");
        nint again = outer.Make("cuDevicePrimaryCtxRetain", outer.Device.Ordinal);
        Assert.That(again, Is.EqualTo(outer.Context), "one for each device");
        using (EmulatedCalls other = new("sm_120")) Assert.That(other.Context, Is.Not.EqualTo(outer.Context));
        EmulatedCalls.Check("cuDevicePrimaryCtxRelease_v2", outer.Device.Ordinal);
        nint stream = outer.Stream(), memory = outer.Allocate(100);
        EmulatedCalls.Check("cuStreamSynchronize", stream);
        EmulatedCalls.Check("cuDevicePrimaryCtxRelease_v2", outer.Device.Ordinal);
        Assert.That(EmulatedCalls.Call("cuMemFree_v2", memory), Is.EqualTo(CuResult.CUDA_ERROR_CONTEXT_IS_DESTROYED));
        Assert.That(EmulatedCalls.Call("cuStreamDestroy_v2", stream), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
        Assert.That(EmulatedCalls.Call("cuDevicePrimaryCtxRelease_v2", outer.Device.Ordinal), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_CONTEXT));
    }

    [Test]
    public void Handles_of_the_wrong_kind_and_old_ones_are_refused()
    {
        using EmulatedCalls calls = new();
        nint stream = calls.Stream(), point = calls.Make("cuEventCreate", 0);
        Assert.That(EmulatedCalls.Call("cuEventRecord", stream, 0), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
        Assert.That(EmulatedCalls.Call("cuStreamSynchronize", point), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
        Assert.That(calls.Device.LastReport, Does.Contain("stream"));
        EmulatedCalls.Check("cuStreamDestroy_v2", stream);
        Assert.That(EmulatedCalls.Call("cuStreamSynchronize", stream), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
        Assert.That(EmulatedCalls.Call("cuStreamDestroy_v2", stream), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
    }

    [Test]
    public void A_stream_of_another_device_is_refused()
    {
        using EmulatedCalls first = new("sm_80");
        nint stream = first.Stream();
        using EmulatedCalls second = new("sm_89");
        Assert.That(EmulatedCalls.Call("cuStreamQuery", stream), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_CONTEXT));
    }

    [Test]
    public void Copies_and_fills_arrive_and_stay_in_their_allocation()
    {
        using EmulatedCalls calls = new();
        nint from = calls.Upload(1, 2, 3, 4), to = calls.Allocate(16), stream = calls.Stream();
        EmulatedCalls.Check("cuMemsetD8Async", to, 0xff, 16, stream);
        EmulatedCalls.Check("cuMemcpyDtoDAsync_v2", to + 4, from, 8, stream);
        EmulatedCalls.Check("cuMemsetD32_v2", to + 12, 7, 1);
        Assert.That(calls.Download<int>(to, 4), Is.EqualTo(new[] { -1, 1, 2, 7 }));
        nint host = calls.Host<long>(0, 0, 0);
        (string Name, nint[] Arguments)[] beyond =
        [
            ("cuMemcpyDtoD_v2", [to, from, 17]), ("cuMemcpyDtoD_v2", [to + 1, from, 16]), ("cuMemcpyHtoD_v2", [to + 16, host, 1]),
            ("cuMemcpyDtoH_v2", [host, from - 1, 1]), ("cuMemcpyDtoHAsync_v2", [0, from, 4, stream]), ("cuMemsetD32_v2", [to, 0, 5]),
            ("cuMemsetD32_v2", [to + 2, 0, 1]), ("cuMemsetD8_v2", [to, 0, -1]), ("cuMemFree_v2", [to + 4]), ("cuMemAlloc_v2", [host, 0]),
            ("cuMemAdvise", [to, 17, 1, calls.Device.Ordinal]),
        ];
        foreach ((string name, nint[] arguments) in beyond)
            Assert.That(EmulatedCalls.Call(name, arguments), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_VALUE), name);
        Assert.That(calls.Download<int>(to, 4), Is.EqualTo(new[] { -1, 1, 2, 7 }), "refused calls changed nothing");
        EmulatedCalls.Check("cuMemcpyHtoD_v2", 0, 0, 0);
    }

    [Test]
    public void More_memory_than_there_is_is_refused_and_said()
    {
        using EmulatedCalls calls = new();
        CuResult result = EmulatedCalls.Call("cuMemAlloc_v2", calls.Host<nint>(0), nint.MaxValue);
        Assert.That(result, Is.EqualTo(CuResult.CUDA_ERROR_OUT_OF_MEMORY));
        Assert.That(EmulatedDriver.LastReport, Does.Contain("free"));
        Assert.That(calls.Allocate(1), Is.Not.EqualTo((nint)0), "the error does not stay");
    }

    [Test]
    public void Pointers_know_where_they_point()
    {
        using EmulatedCalls calls = new();
        nint memory = calls.Allocate(10), pinned = calls.Make("cuMemHostAlloc", 10, 0);
        int Type(nint pointer) => calls.ReadInt("cuPointerGetAttribute", (nint)CuPointerAttribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE, pointer);
        Assert.That((CuMemoryType)Type(memory + 9), Is.EqualTo(CuMemoryType.CU_MEMORYTYPE_DEVICE));
        Assert.That((CuMemoryType)Type(pinned + 9), Is.EqualTo(CuMemoryType.CU_MEMORYTYPE_HOST));
        nint attribute = (nint)CuPointerAttribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL;
        Assert.That(calls.ReadInt("cuPointerGetAttribute", attribute, memory), Is.EqualTo(calls.Device.Ordinal));
        CuResult behind = EmulatedCalls.Call("cuPointerGetAttribute", calls.Host(0), attribute, memory + 10);
        Assert.That(behind, Is.EqualTo(CuResult.CUDA_ERROR_INVALID_VALUE));
        EmulatedCalls.Check("cuMemFreeHost", pinned);
        Assert.That(EmulatedCalls.Call("cuMemFreeHost", pinned), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_VALUE));
    }

    [Test]
    public void Events_keep_the_order_of_time()
    {
        using EmulatedCalls calls = new();
        nint stream = calls.Stream(), first = calls.Make("cuEventCreate", 0), last = calls.Make("cuEventCreate", 0);
        nint untimed = calls.Make("cuEventCreate", (nint)CuEventFlags.CU_EVENT_DISABLE_TIMING);
        nint place = calls.Host(0f);
        EmulatedCalls.Check("cuEventQuery", first);
        Assert.That(EmulatedCalls.Call("cuEventElapsedTime", place, first, last), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE), "not recorded");
        EmulatedCalls.Check("cuEventRecord", first, stream);
        EmulatedCalls.Check("cuEventRecord", untimed, stream);
        EmulatedCalls.Check("cuStreamWaitEvent", calls.Stream(), first, 0);
        EmulatedCalls.Check("cuEventRecord", last, stream);
        EmulatedCalls.Check("cuEventSynchronize", last);
        place = calls.Host(-1f);
        EmulatedCalls.Check("cuEventElapsedTime", place, first, last);
        Assert.That(BitConverter.Int32BitsToSingle(Marshal.ReadInt32(place)), Is.GreaterThanOrEqualTo(0));
        Assert.That(EmulatedCalls.Call("cuEventElapsedTime", place, untimed, last), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
    }
}
