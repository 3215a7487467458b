// graph_test.cpp: capture, replay, and the rules of capture
#include "api.h"

namespace
{
struct Fixture
{
    Fixture()
    {
        NEED(cuStreamCreate(&stream, 1));
        NEED(cuStreamCreate(&side, 1));
        NEED(cuEventCreate(&fork, 2));
        NEED(cuEventCreate(&join, 2));
        NEED(cuMemAlloc_v2(&device, 64));
        NEED(cuMemsetD8_v2(device, 0, 64));
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture()
    {
        NEED(cuStreamDestroy_v2(stream));
        NEED(cuStreamDestroy_v2(side));
        NEED(cuEventDestroy_v2(fork));
        NEED(cuEventDestroy_v2(join));
        NEED(cuMemFree_v2(device));
    }
    void begin(CUstreamCaptureMode mode) const { NEED(cuStreamBeginCapture_v2(stream, mode)); }

    CUstream stream = nullptr, side = nullptr;
    CUevent fork = nullptr, join = nullptr;
    CUdeviceptr device = 0;
};

void test_capture_and_launch(const Fixture& f)
{
    CUgraph graph = nullptr;
    EXPECT(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_ILLEGAL_STATE);
    f.begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    EXPECT(cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) == CUDA_ERROR_ILLEGAL_STATE);
    NEED(cuMemsetD32Async(f.device, 0x01010101, 4, f.stream));
    NEED(cuEventRecord(f.fork, f.stream));
    NEED(cuStreamWaitEvent(f.side, f.fork, 0));
    NEED(cuMemcpyDtoDAsync_v2(f.device + 32, f.device, 16, f.side));
    NEED(cuEventRecord(f.join, f.side));
    NEED(cuStreamWaitEvent(f.stream, f.join, 0));
    EXPECT(cuEventQuery(f.join) == CUDA_ERROR_CAPTURED_EVENT);
    NEED(cuStreamEndCapture(f.stream, &graph));
    std::size_t nodes = 0;
    NEED(cuGraphGetNodes(graph, nullptr, &nodes));
    EXPECT(nodes == 2);
    unsigned char bytes[64];
    NEED(cuMemcpyDtoH_v2(bytes, f.device, 64));
    EXPECT(bytes[0] == 0 && bytes[32] == 0);  // recorded, not run
    CUgraphExec executable;
    NEED(cuGraphInstantiateWithFlags(&executable, graph, 0));
    NEED(cuGraphDestroy(graph));
    EXPECT(cuGraphDestroy(graph) == CUDA_ERROR_INVALID_VALUE);
    NEED(cuGraphLaunch(executable, f.stream));
    NEED(cuStreamSynchronize(f.stream));
    NEED(cuMemcpyDtoH_v2(bytes, f.device, 64));
    EXPECT(bytes[0] == 1 && bytes[15] == 1 && bytes[16] == 0 && bytes[32] == 1 && bytes[47] == 1 && bytes[48] == 0);
    NEED(cuGraphExecDestroy(executable));
    EXPECT(cuGraphLaunch(executable, f.stream) == CUDA_ERROR_INVALID_VALUE);
}

void test_what_ends_a_capture(const Fixture& f)
{
    CUgraph graph = nullptr;
    CUdeviceptr other;
    f.begin(CU_STREAM_CAPTURE_MODE_GLOBAL);
    EXPECT(cuStreamSynchronize(f.stream) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT(cuMemsetD32Async(f.device, 0, 1, f.stream) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED && graph == nullptr);
    f.begin(CU_STREAM_CAPTURE_MODE_GLOBAL);
    EXPECT(cuMemAlloc_v2(&other, 16) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    f.begin(CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT(cuMemAlloc_v2(&other, 16) == CUDA_SUCCESS && cuMemFree_v2(other) == CUDA_SUCCESS);
    NEED(cuStreamEndCapture(f.stream, &graph));
    NEED(cuGraphDestroy(graph));
    f.begin(CU_STREAM_CAPTURE_MODE_GLOBAL);
    NEED(cuEventRecord(f.fork, f.side));
    EXPECT(cuStreamWaitEvent(f.stream, f.fork, 0) == CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    EXPECT(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

void test_unjoined(const Fixture& f)
{
    CUgraph graph = nullptr;
    f.begin(CU_STREAM_CAPTURE_MODE_RELAXED);
    NEED(cuEventRecord(f.fork, f.stream));
    NEED(cuStreamWaitEvent(f.side, f.fork, 0));
    EXPECT(cuStreamEndCapture(f.side, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
    EXPECT(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    f.begin(CU_STREAM_CAPTURE_MODE_RELAXED);
    NEED(cuEventRecord(f.fork, f.stream));
    NEED(cuStreamWaitEvent(f.side, f.fork, 0));
    EXPECT(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
    CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_ACTIVE;
    NEED(cuStreamIsCapturing(f.side, &status));
    EXPECT(status == CU_STREAM_CAPTURE_STATUS_NONE);
}

void test_legacy_stream()
{
    CUstream blocking;
    CUgraph graph = nullptr;
    NEED(cuStreamCreate(&blocking, 0));
    NEED(cuStreamBeginCapture_v2(blocking, CU_STREAM_CAPTURE_MODE_RELAXED));
    EXPECT(cuStreamSynchronize(nullptr) == CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    EXPECT(cuStreamEndCapture(blocking, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT(cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_RELAXED) == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    NEED(cuStreamDestroy_v2(blocking));
}
}  // namespace

int main()
{
    CUcontext context;
    NEED(cuInit(0));
    NEED(cuDevicePrimaryCtxRetain(&context, 0));
    NEED(cuCtxSetCurrent(context));
    {
        const Fixture fixture;
        test_capture_and_launch(fixture);
        test_what_ends_a_capture(fixture);
        test_unjoined(fixture);
    }
    test_legacy_stream();
    NEED(cuDevicePrimaryCtxRelease_v2(0));
    std::printf("%s: graph_test\n", failures == 0 ? "passed" : "FAILED");
    return failures == 0 ? 0 : 1;
}
