// threads_test.cpp: host threads beside each other: streams of one context and of two, events between them, graphs, worker counts
#include <array>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "kernel.h"

namespace
{
constexpr long long COUNT = 20000;
constexpr std::size_t BYTES = COUNT * sizeof(float);
constexpr int ROUNDS = 40, REPLAYS = 20;

// What one host thread works with.
struct Lane
{
    explicit Lane(int index) : device(index)
    {
        NEED(cuDevicePrimaryCtxRetain(&context, device));
        NEED(cuCtxSetCurrent(context));
        NEED(cuStreamCreate(&stream, 1));
        NEED(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
        for (CUdeviceptr* block : {&x, &y}) NEED(cuMemAlloc_v2(block, BYTES));
    }
    ~Lane()
    {
        NEED(cuCtxSetCurrent(context));
        for (const CUdeviceptr block : {x, y}) NEED(cuMemFree_v2(block));
        NEED(cuEventDestroy_v2(event));
        NEED(cuStreamDestroy_v2(stream));
        NEED(cuDevicePrimaryCtxRelease_v2(device));
    }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void upload() const
    {
        std::vector<float> values(COUNT);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1000) / 100 - 5;
        NEED(cuMemcpyHtoDAsync_v2(x, values.data(), BYTES, stream));
        NEED(cuStreamSynchronize(stream));
    }
    std::vector<float> download() const
    {
        std::vector<float> values(COUNT);
        NEED(cuStreamSynchronize(stream));
        NEED(cuMemcpyDtoH_v2(values.data(), y, BYTES));
        return values;
    }

    int device;
    CUcontext context = nullptr;
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CUdeviceptr x = 0, y = 0;
};

// A graph of two kernels, replayed again and again: y = silu(gelu(x)).
std::vector<float> replay(int device)
{
    Lane lane(device);
    lane.upload();
    const Kernel gelu("gelu_erf<float>"), silu("silu<float>");
    CUgraph graph = nullptr;
    CUgraphExec executable = nullptr;
    NEED(cuStreamBeginCapture_v2(lane.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    gelu.launch(5, lane.stream, lane.y, lane.x, COUNT);
    silu.launch(7, lane.stream, lane.y, lane.y, COUNT);
    NEED(cuStreamEndCapture(lane.stream, &graph));
    NEED(cuGraphInstantiateWithFlags(&executable, graph, 0));
    NEED(cuGraphDestroy(graph));
    for (int i = 0; i < REPLAYS; ++i)
    {
        NEED(cuGraphLaunch(executable, lane.stream));
        NEED(cuEventRecord(lane.event, lane.stream));
        if (i % 3 == 0) NEED(cuEventSynchronize(lane.event));
        const CUresult state = cuEventQuery(lane.event);
        EXPECT(state == CUDA_SUCCESS || state == CUDA_ERROR_NOT_READY);
    }
    NEED(cuGraphExecDestroy(executable));  // may still be queued
    return lane.download();
}

void test_graphs_side_by_side(std::array<int, 2> devices)
{
    std::array<std::vector<float>, 2> alone, together;
    for (std::size_t i = 0; i < 2; ++i) alone[i] = replay(devices[i]);
    std::atomic<bool> ended{false};
    std::thread changer(
        [&]
        {
            for (int count = 1; !ended; count = count % 4 + 1) dittoCpuSetThreadCount(count);
        });
    std::array<std::thread, 2> hosts;
    for (std::size_t i = 0; i < 2; ++i) hosts[i] = std::thread([&, i] { together[i] = replay(devices[i]); });
    for (std::thread& host : hosts) host.join();
    ended = true;
    changer.join();
    EXPECT(together == alone);  // to the bit, whoever else works and with however many threads
}

// One thread fills its block, the other copies it to its own; only events order the two streams.
void test_events_between_streams(int device)
{
    Lane source(device), sink(device);
    std::barrier recorded(2);
    std::atomic<int> wrong{0};
    std::thread writer(
        [&]
        {
            NEED(cuCtxSetCurrent(source.context));
            for (unsigned round = 0; round < ROUNDS; ++round)
            {
                if (round > 0) NEED(cuStreamWaitEvent(source.stream, sink.event, 0));
                NEED(cuMemsetD32Async(source.x, round, COUNT, source.stream));
                NEED(cuEventRecord(source.event, source.stream));
                recorded.arrive_and_wait();  // the block is filled
                recorded.arrive_and_wait();  // the copy of it is queued
            }
        });
    for (unsigned round = 0; round < ROUNDS; ++round)
    {
        recorded.arrive_and_wait();
        NEED(cuStreamWaitEvent(sink.stream, source.event, 0));
        NEED(cuMemcpyDtoDAsync_v2(sink.y, source.x, BYTES, sink.stream));
        NEED(cuEventRecord(sink.event, sink.stream));
        recorded.arrive_and_wait();
        unsigned last = 0;
        NEED(cuStreamSynchronize(sink.stream));
        NEED(cuMemcpyDtoH_v2(&last, sink.y + BYTES - sizeof last, sizeof last));
        if (last != round) ++wrong;
    }
    writer.join();
    EXPECT(wrong == 0);
}
}  // namespace

int main()
{
    NEED(cuInit(0));
    int devices = 0;
    NEED(cuDeviceGetCount(&devices));
    const int before = dittoCpuGetThreadCount();
    test_graphs_side_by_side({0, 0});
    test_graphs_side_by_side({0, devices - 1});
    dittoCpuSetThreadCount(before);
    test_events_between_streams(0);
    std::printf("%s: threads_test\n", failures == 0 ? "passed" : "FAILED");
    return failures == 0 ? 0 : 1;
}
