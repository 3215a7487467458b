using System.Runtime.InteropServices;
using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>Capture into graphs, and the rules that end one.</summary>
public sealed class CaptureTests
{
    private const nint ThreadLocal = (nint)CuStreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
    private const nint Relaxed = (nint)CuStreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED;

    private EmulatedCalls calls = null!;
    private nint stream, memory;

    [SetUp]
    public void Open()
    {
        calls = new EmulatedCalls();
        stream = calls.Stream();
        memory = calls.Upload(1, 2, 3, 4);
    }

    [TearDown]
    public void Close() => calls.Dispose();

    [Test]
    public void Recorded_work_runs_at_each_launch()
    {
        nint to = calls.Upload(0, 0, 0, 0);
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, ThreadLocal);
        Assert.That(Status(), Is.EqualTo(CuStreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_ACTIVE));
        EmulatedCalls.Check("cuMemcpyDtoDAsync_v2", to, memory, 16, stream);
        EmulatedCalls.Check("cuMemsetD32Async", to + 4, 9, 1, stream);
        nint graph = End();
        Assert.That(Status(), Is.EqualTo(CuStreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE));
        nint count = calls.Host<nint>(0);
        EmulatedCalls.Check("cuGraphGetNodes", graph, 0, count);
        Assert.That(Marshal.ReadIntPtr(count), Is.EqualTo((nint)2));
        nint executable = calls.Make("cuGraphInstantiateWithFlags", graph, 0);
        EmulatedCalls.Check("cuGraphDestroy", graph);
        Assert.That(calls.Download<int>(to, 4), Is.EqualTo(new[] { 0, 0, 0, 0 }), "recorded, not run");
        EmulatedCalls.Check("cuGraphLaunch", executable, stream);
        Assert.That(calls.Download<int>(to, 4), Is.EqualTo(new[] { 1, 9, 3, 4 }));
        EmulatedCalls.Check("cuMemsetD8_v2", memory, 0, 16);
        EmulatedCalls.Check("cuGraphLaunch", executable, stream);
        Assert.That(calls.Download<int>(to, 4), Is.EqualTo(new[] { 0, 9, 0, 0 }));
        EmulatedCalls.Check("cuGraphExecDestroy", executable);
        Assert.That(EmulatedCalls.Call("cuGraphLaunch", executable, stream), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_VALUE));
    }

    [Test]
    public void Memory_that_was_freed_since_is_found_at_the_launch()
    {
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, ThreadLocal);
        EmulatedCalls.Check("cuMemsetD8Async", memory, 0, 16, stream);
        nint executable = calls.Make("cuGraphInstantiateWithFlags", End(), 0);
        EmulatedCalls.Check("cuMemFree_v2", memory);
        Assert.That(EmulatedCalls.Call("cuGraphLaunch", executable, stream), Is.EqualTo(CuResult.CUDA_ERROR_ILLEGAL_ADDRESS));
        Assert.That(calls.Device.LastReport, Does.Contain("node 0").And.Contain("freed"));
    }

    [TestCase("cuStreamSynchronize")]
    [TestCase("cuStreamQuery")]
    [TestCase("cuCtxSynchronize")]
    [TestCase("cuMemAlloc_v2")]
    [TestCase("cuMemFree_v2")]
    [TestCase("cuMemsetD8_v2")]
    [TestCase("cuMemHostAlloc")]
    public void A_call_that_waits_or_allocates_is_refused_and_ends_the_capture(string name)
    {
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, ThreadLocal);
        nint[] arguments = name switch
        {
            "cuCtxSynchronize" => [],
            "cuMemAlloc_v2" => [calls.Host<nint>(0), 16],
            "cuMemHostAlloc" => [calls.Host<nint>(0), 16, 0],
            "cuMemFree_v2" => [memory],
            "cuMemsetD8_v2" => [memory, 0, 16],
            _ => [stream],
        };
        Assert.That(EmulatedCalls.Call(name, arguments), Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED));
        Assert.That(Status(), Is.EqualTo(CuStreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_INVALIDATED));
        Assert.That(
            EmulatedCalls.Call("cuMemsetD8Async", memory, 0, 16, stream), Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED));
        CuResult end = EmulatedCalls.Call("cuStreamEndCapture", stream, calls.Host<nint>(0));
        Assert.That(end, Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED));
        EmulatedCalls.Check("cuStreamSynchronize", stream);
    }

    [TestCase(0, false)]
    [TestCase(1, true)]
    [TestCase(2, true)]
    public void Another_thread_may_allocate_unless_the_capture_is_global(int mode, bool allowed)
    {
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, mode);
        CuResult result = default;
        Thread other = new(() =>
        {
            EmulatedCalls.Check("cuCtxPushCurrent_v2", calls.Context);
            result = EmulatedCalls.Call("cuMemAlloc_v2", calls.Host<nint>(0), 16);
        });
        other.Start();
        other.Join();
        Assert.That(result, Is.EqualTo(allowed ? CuResult.CUDA_SUCCESS : CuResult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED));
    }

    [Test]
    public void A_capture_ends_on_its_thread_and_stream()
    {
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, ThreadLocal);
        Assert.That(EmulatedCalls.Call("cuStreamBeginCapture_v2", stream, ThreadLocal), Is.EqualTo(CuResult.CUDA_ERROR_ILLEGAL_STATE));
        CuResult result = default;
        Thread other = new(() =>
        {
            EmulatedCalls.Check("cuCtxPushCurrent_v2", calls.Context);
            result = EmulatedCalls.Call("cuStreamEndCapture", stream, calls.Host<nint>(0));
        });
        other.Start();
        other.Join();
        Assert.That(result, Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD));
        EmulatedCalls.Check("cuGraphDestroy", End());
        Assert.That(EmulatedCalls.Call("cuStreamEndCapture", stream, calls.Host<nint>(0)), Is.EqualTo(CuResult.CUDA_ERROR_ILLEGAL_STATE));
        Assert.That(EmulatedCalls.Call("cuStreamBeginCapture_v2", 0, ThreadLocal), Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED));
    }

    [Test]
    public void The_legacy_stream_cannot_be_used_beside_a_blocking_one_that_captures()
    {
        nint blocking = calls.Stream(CuStreamFlags.CU_STREAM_DEFAULT);
        EmulatedCalls.Check("cuStreamBeginCapture_v2", blocking, Relaxed);
        Assert.That(EmulatedCalls.Call("cuMemsetD8Async", memory, 0, 16, 0), Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_IMPLICIT));
        CuResult end = EmulatedCalls.Call("cuStreamEndCapture", blocking, calls.Host<nint>(0));
        Assert.That(end, Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_stream_that_joins_has_to_be_joined_back(bool back)
    {
        nint second = calls.Stream(), fork = calls.Make("cuEventCreate", 0), join = calls.Make("cuEventCreate", 0);
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, ThreadLocal);
        EmulatedCalls.Check("cuEventRecord", fork, stream);
        EmulatedCalls.Check("cuStreamWaitEvent", second, fork, 0);
        EmulatedCalls.Check("cuMemsetD8Async", memory, 0, 16, second);
        EmulatedCalls.Check("cuEventRecord", join, second);
        if (back) EmulatedCalls.Check("cuStreamWaitEvent", stream, join, 0);
        CuResult result = EmulatedCalls.Call("cuStreamEndCapture", stream, calls.Host<nint>(0));
        Assert.That(result, Is.EqualTo(back ? CuResult.CUDA_SUCCESS : CuResult.CUDA_ERROR_STREAM_CAPTURE_UNJOINED));
        EmulatedCalls.Check("cuStreamSynchronize", second);
        Assert.That(EmulatedCalls.Call("cuEventSynchronize", fork), Is.EqualTo(CuResult.CUDA_ERROR_CAPTURED_EVENT));
    }

    [Test]
    public void Captures_do_not_merge_and_do_not_depend_on_other_work()
    {
        nint second = calls.Stream(), point = calls.Make("cuEventCreate", 0), outside = calls.Make("cuEventCreate", 0);
        EmulatedCalls.Check("cuEventRecord", outside, second);
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, Relaxed);
        EmulatedCalls.Check("cuStreamBeginCapture_v2", second, Relaxed);
        EmulatedCalls.Check("cuEventRecord", point, stream);
        Assert.That(EmulatedCalls.Call("cuStreamWaitEvent", second, point, 0), Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_MERGE));
        EmulatedCalls.Call("cuStreamEndCapture", stream, calls.Host<nint>(0));
        EmulatedCalls.Check("cuStreamBeginCapture_v2", stream, Relaxed);
        Assert.That(EmulatedCalls.Call("cuStreamWaitEvent", stream, outside, 0), Is.EqualTo(CuResult.CUDA_ERROR_STREAM_CAPTURE_ISOLATION));
    }

    private nint End()
    {
        nint graph = calls.Host<nint>(0);
        EmulatedCalls.Check("cuStreamEndCapture", stream, graph);
        return Marshal.ReadIntPtr(graph);
    }

    private CuStreamCaptureStatus Status()
    {
        nint place = calls.Host(7);
        EmulatedCalls.Check("cuStreamIsCapturing", stream, place);
        return (CuStreamCaptureStatus)Marshal.ReadInt32(place);
    }
}
