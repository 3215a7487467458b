// weight_test.cpp: whoever reads, writes, unmarks or frees weights that a product packed in place sees what was loaded
#include <atomic>
#include <string>
#include <thread>

#include "weight_case.h"

namespace
{
// Every pattern of bits comes back, NaNs with their payload among them.
void test_read_back(Type type)
{
    for (const int columns : {500, 576})
    {
        Weights weights(3, columns, 384, type);
        std::vector<unsigned> bits(weights.w.bytes() / 4);
        unsigned state = 7;
        for (unsigned& word : bits) word = state = state * 1664525u + 1013904223u;
        NEED(cuMemcpyHtoD_v2(weights.w.device, bits.data(), weights.w.bytes()));
        std::vector<unsigned char> expected(weights.w.bytes());
        std::memcpy(expected.data(), bits.data(), expected.size());
        for (int turn = 0; turn < 2; ++turn)
        {
            weights.product();
            EXPECT(Weights::stored(weights.w, 1000, 50000) ==
                   std::vector<unsigned char>(expected.begin() + 1000, expected.begin() + 51000));
            weights.product();
            EXPECT(Weights::stored(weights.w) == expected);
        }
        Buffer copy(weights.w.values.size(), type);
        weights.product();
        NEED(cuMemcpyDtoDAsync_v2(copy.device, weights.w.device, weights.w.bytes(), nullptr));
        EXPECT(Weights::stored(copy) == expected);
    }
}

CUfunction load_kernel(CUmodule* module, const char* expression)
{
    void* program = nullptr;
    std::size_t bytes = 0;
    const char* lowered = nullptr;
    CUfunction function;
    NEED(nvrtcCreateProgram(&program, "source", "kernel.cu", 0, nullptr, nullptr));
    NEED(nvrtcAddNameExpression(program, expression));
    NEED(nvrtcCompileProgram(program, 0, nullptr));
    NEED(nvrtcGetCUBINSize(program, &bytes));
    std::string image(bytes, '\0');
    NEED(nvrtcGetCUBIN(program, image.data()));
    NEED(cuModuleLoadData(module, image.data()));
    NEED(nvrtcGetLoweredName(program, expression, &lowered));
    NEED(cuModuleGetFunction(&function, *module, lowered));
    NEED(nvrtcDestroyProgram(&program));
    return function;
}

// A kernel sees the loaded weights by a pointer to anywhere in them, and reads on from there.
void test_kernel(Type type)
{
    CUmodule module;
    const char* expressions[] = {"convert<float,float>", "convert<float,bf16>", "convert<float,fp16>"};
    const CUfunction convert = load_kernel(&module, expressions[static_cast<int>(type)]);
    Weights weights(5, 400, 512, type);
    Buffer seen(weights.w.values.size(), Type::f32);
    const std::vector<unsigned char> expected = weights.product();
    for (const std::size_t first : {std::size_t{0}, std::size_t{300} * 512, std::size_t{1}})
    {
        CUdeviceptr from = weights.w.device + first * bytes_of(type);
        long long count = static_cast<long long>(weights.w.values.size() - first);
        void* arguments[] = {&seen.device, &from, &count};
        NEED(cuLaunchKernel(convert, 3, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr));
        seen.download();
        EXPECT(std::equal(seen.values.begin(), seen.values.begin() + count, weights.w.values.begin() + static_cast<long>(first)));
        EXPECT(weights.product() == expected);
    }
    // One marked range that holds two weights: a pointer before both.
    Weights pair(5, 400, 512, type);
    const Case half{5, 200, 512, 1, type, type, false, false, false, true, false, false};
    for (const CUdeviceptr part : {pair.w.device, pair.w.device + pair.w.bytes() / 2})
        Plan(half).run(part, pair.x.device, 0, pair.y.device, 0, false);
    long long count = static_cast<long long>(pair.w.values.size());
    void* arguments[] = {&seen.device, &pair.w.device, &count};
    NEED(cuLaunchKernel(convert, 3, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr));
    seen.download();
    EXPECT(seen.values == pair.w.values);
    NEED(cuModuleUnload(module));
}

// What is written into packed weights counts, and what lies beside it stays.
void test_write(Type type)
{
    Weights weights(6, 300, 320, type), fresh(6, 300, 320, type, false);
    weights.product();
    for (std::size_t i = 1000; i < 30000; ++i) fresh.w.values[i] = weights.w.values[i] = 0.25f;
    fresh.w.upload();
    const std::size_t element = bytes_of(type);
    const std::vector<unsigned char> changed = Weights::stored(fresh.w, 1000 * element, 29000 * element);
    NEED(cuMemcpyHtoDAsync_v2(weights.w.device + 1000 * element, changed.data(), changed.size(), nullptr));
    EXPECT(weights.product() == fresh.product());
    for (Weights* each : {&weights, &fresh}) NEED(cuMemsetD8_v2(each->w.device + 5000 * element, 0, 7001));
    EXPECT(weights.product() == fresh.product());
    // A product whose output is a part of the weights.
    const Weights other(6, 300, 320, type, false);
    for (Weights* each : {&weights, &fresh})
    {
        const Case c{6, 300, 320, 1, type, type, false, false, false, true, false, false};
        each->product();
        Plan(c).run(other.w.device, each->x.device, 0, each->w.device + 256, 0, false);
    }
    EXPECT(weights.product() == fresh.product());
    EXPECT(Weights::stored(weights.w) == Weights::stored(fresh.w));
}

// Unmarked weights may be written by kernels too, and marked again.
void test_unmark(Type type)
{
    CUmodule module;
    const char* expressions[] = {"silu<float>", "silu<bf16>", "silu<fp16>"};
    const CUfunction silu = load_kernel(&module, expressions[static_cast<int>(type)]);
    Weights weights(4, 256, 192, type), fresh(4, 256, 192, type, false);
    weights.product();
    weights.w.advise(CU_MEM_ADVISE_UNSET_READ_MOSTLY);
    long long count = static_cast<long long>(weights.w.values.size());
    for (Weights* each : {&weights, &fresh})
    {
        void* arguments[] = {&each->w.device, &each->w.device, &count};
        NEED(cuLaunchKernel(silu, 1, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr));
    }
    EXPECT(weights.product() == fresh.product());
    weights.w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
    EXPECT(weights.product() == fresh.product());
    // A part unmarked: the rest is no whole weight any more.
    NEED(cuMemAdvise(weights.w.device + 4096, 4096, CU_MEM_ADVISE_UNSET_READ_MOSTLY, 0));
    EXPECT(weights.product() == fresh.product());
    EXPECT(Weights::stored(weights.w) == Weights::stored(fresh.w));
    NEED(cuModuleUnload(module));
}

// Memory that is freed and had again holds new weights.
void test_free(Type type)
{
    for (int turn = 0; turn < 3; ++turn)
    {
        Weights weights(4, 192, 256, type, false), fresh(4, 192, 256, type, false);
        for (Weights* each : {&weights, &fresh}) each->w.fill(static_cast<unsigned>(10 + turn));
        weights.w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
        EXPECT(weights.product() == fresh.product());
    }
}

// The same weights in two forms, as a bias, and on both sides of a product.
void test_other_uses(Type type)
{
    Weights weights(256, 256, 256, type), fresh(256, 256, 256, type, false);
    for (int turn = 0; turn < 2; ++turn)
    {
        EXPECT(weights.product() == fresh.product());
        EXPECT(weights.product(true) == fresh.product(true));
    }
    Weights own(256, 256, 256, type);
    own.product();
    const Case square{256, 256, 256, 1, type, type, false, false, false, true, false, false};
    for (Weights* each : {&own, &fresh}) Plan(square).run(each->w.device, each->w.device, 0, each->y.device, 0, false);
    EXPECT(Weights::stored(own.y) == Weights::stored(fresh.y));
    Weights biased(256, 256, 256, type);
    biased.product();
    const Case with_bias{256, 256, 256, 1, type, type, true, false, true, true, false, false};
    for (Weights* each : {&biased, &fresh})
        Plan(with_bias).run(each->w.device, each->x.device, each->w.device, each->y.device, each->w.device + 1024, true);
    EXPECT(Weights::stored(biased.y) == Weights::stored(fresh.y));
}

// Weights that one context packed, in a product of another level's context.
void test_two_contexts(Type type, int devices)
{
    Weights weights(9, 400, 256, type), fresh(9, 400, 256, type, false);
    CUdevice own;
    NEED(cuCtxGetDevice(&own));
    const cublasLtHandle_t own_blas = blas;
    for (int device = 0; device < devices; ++device)
    {
        EXPECT(weights.product() == fresh.product());
        CUcontext other;
        NEED(cuDevicePrimaryCtxRetain(&other, device));
        NEED(cuCtxPushCurrent_v2(other));
        NEED(cublasLtCreate(&blas));
        EXPECT(weights.product() == fresh.product());
        NEED(cublasLtDestroy(blas));
        blas = own_blas;
        NEED(cuCtxPopCurrent_v2(nullptr));
        NEED(cuDevicePrimaryCtxRelease_v2(device));
    }
    EXPECT(weights.product() == fresh.product());
    EXPECT(Weights::stored(weights.w) == Weights::stored(fresh.w));
}

// A graph holds a product with the weights and a copy of them.
void test_graph(Type type)
{
    Weights weights(7, 192, 256, type);
    Buffer copy(weights.w.values.size(), type);
    const std::vector<unsigned char> expected = weights.product(), loaded = Weights::stored(weights.w);
    CUstream stream;
    CUgraph graph;
    CUgraphExec executable;
    NEED(cuStreamCreate(&stream, 1));
    NEED(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    const Case c{7, 192, 256, 1, type, type, false, false, false, true, false, false};
    const Plan plan(c);
    plan.run(weights.w.device, weights.x.device, 0, weights.y.device, 0, false, stream);
    NEED(cuMemcpyDtoDAsync_v2(copy.device, weights.w.device, weights.w.bytes(), stream));
    NEED(cuStreamEndCapture(stream, &graph));
    NEED(cuGraphInstantiateWithFlags(&executable, graph, 0));
    for (int turn = 0; turn < 3; ++turn)
    {
        NEED(cuMemsetD8_v2(weights.y.device, 0, weights.y.bytes()));
        NEED(cuMemsetD8_v2(copy.device, 0, copy.bytes()));
        NEED(cuGraphLaunch(executable, stream));
        NEED(cuStreamSynchronize(stream));
        EXPECT(Weights::stored(weights.y) == expected && Weights::stored(copy) == loaded);
    }
    NEED(cuGraphExecDestroy(executable));
    NEED(cuGraphDestroy(graph));
    NEED(cuStreamDestroy_v2(stream));
}

// Threads that read the weights while another computes with them.
void test_threads(Type type)
{
    Weights weights(4, 300, 256, type);
    const std::vector<unsigned char> expected = weights.product(), loaded = Weights::stored(weights.w);
    CUcontext context;
    NEED(cuCtxGetCurrent(&context));
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::thread reader(
        [&]
        {
            NEED(cuCtxSetCurrent(context));
            while (!done)
                if (Weights::stored(weights.w) != loaded) ++wrong;
        });
    for (int turn = 0; turn < 40; ++turn)
    {
        dittoCpuSetThreadCount(1 + turn % 3);
        if (weights.product() != expected) ++wrong;
    }
    dittoCpuSetThreadCount(2);
    done = true;
    reader.join();
    EXPECT(wrong == 0);
}

}  // namespace

int main()
{
    return test_on_every_device("weight_test",
                                [](int devices)
                                {
                                    NEED(cublasLtCreate(&blas));
                                    for (const Type type : TYPES)
                                    {
                                        test_read_back(type);
                                        test_kernel(type);
                                        test_write(type);
                                        test_unmark(type);
                                        test_free(type);
                                        test_other_uses(type);
                                        test_two_contexts(type, devices);
                                        test_graph(type);
                                        test_threads(type);
                                    }
                                    NEED(cublasLtDestroy(blas));
                                });
}
