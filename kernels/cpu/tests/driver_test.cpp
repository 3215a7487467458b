// driver_test.cpp: the driver's rules: order, handles, memory, errors
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "api.h"

namespace
{
void test_before_init()
{
    int count = 0;
    EXPECT(cuDeviceGetCount(&count) == CUDA_ERROR_NOT_INITIALIZED);
    NEED(cuInit(0));
    EXPECT(cuInit(1) == CUDA_ERROR_INVALID_VALUE);
    NEED(cuDeviceGetCount(&count));
    EXPECT(count >= 1 && dittoCpuGetIsaName(count - 1) != nullptr && dittoCpuGetIsaName(count) == nullptr);
    CUdeviceptr pointer;
    EXPECT(cuMemAlloc_v2(&pointer, 16) == CUDA_ERROR_INVALID_CONTEXT);
    CUcontext context;
    EXPECT(cuDevicePrimaryCtxRetain(&context, count) == CUDA_ERROR_INVALID_DEVICE);
}

void test_errors()
{
    const char* name = nullptr;
    EXPECT(cuGetErrorName(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, &name) == CUDA_SUCCESS &&
           std::strcmp(name, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT") == 0);
    EXPECT(cuGetErrorName(static_cast<CUresult>(12345), &name) == CUDA_ERROR_INVALID_VALUE && name == nullptr);
    void *by_name = nullptr, *missing = nullptr;
    int status = -1;
    EXPECT(cuGetProcAddress_v2("cuMemAlloc", &by_name, CUDA_VERSION, 0, nullptr) == CUDA_SUCCESS);
    EXPECT(by_name == reinterpret_cast<void*>(&cuMemAlloc_v2));
    EXPECT(cuGetProcAddress_v2("cuNoSuchCall", &missing, CUDA_VERSION, 0, &status) == CUDA_ERROR_NOT_FOUND && status == 1);
}

void test_memory()
{
    CUdeviceptr small = 0, large = 0, base = 0;
    std::size_t size = 0, free_bytes = 0, total_bytes = 0;
    NEED(cuMemAlloc_v2(&small, 100));
    NEED(cuMemAlloc_v2(&large, 9 << 20));
    EXPECT(small % 256 == 0 && large % 256 == 0);
    NEED(cuMemGetAddressRange_v2(&base, &size, small + 40));
    EXPECT(base == small && size == 100);
    NEED(cuMemGetInfo_v2(&free_bytes, &total_bytes));
    EXPECT(free_bytes > 0 && free_bytes <= total_bytes);
    CUdeviceptr too_much;
    EXPECT(cuMemAlloc_v2(&too_much, 0) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(cuMemAlloc_v2(&too_much, total_bytes * 2) == CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT(cuMemAlloc_v2(&too_much, std::numeric_limits<std::size_t>::max()) == CUDA_ERROR_OUT_OF_MEMORY);
    std::vector<unsigned char> host(9 << 20), back(9 << 20);
    for (std::size_t i = 0; i < host.size(); ++i) host[i] = static_cast<unsigned char>(i * 7);
    NEED(cuMemcpyHtoD_v2(large, host.data(), host.size()));
    NEED(cuMemcpyDtoH_v2(back.data(), large, back.size()));
    EXPECT(host == back);
    // Large ones are split at huge pages, wherever they begin.
    for (const std::size_t first : {std::size_t{0}, std::size_t{1}, (std::size_t{2} << 20) - 3, std::size_t{2} << 20})
    {
        const std::size_t bytes = (std::size_t{6} << 20) + 5;
        NEED(cuMemsetD8_v2(large, 1, host.size()));
        NEED(cuMemsetD8_v2(large + first, 2, bytes));
        std::vector<unsigned char> expected(host.size(), 1);
        std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(first), bytes, static_cast<unsigned char>(2));
        NEED(cuMemcpyDtoH_v2(back.data(), large, back.size()));
        EXPECT(back == expected);
        NEED(cuMemcpyHtoD_v2(large + first, host.data(), bytes));
        std::copy_n(host.begin(), bytes, expected.begin() + static_cast<std::ptrdiff_t>(first));
        NEED(cuMemcpyDtoH_v2(back.data(), large, back.size()));
        EXPECT(back == expected);
    }
    EXPECT(cuMemcpyHtoD_v2(small, host.data(), 101) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(cuMemsetD8_v2(small + 1, 0, 100) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(cuMemFree_v2(small + 1) == CUDA_ERROR_INVALID_VALUE);
    NEED(cuMemFree_v2(small));
    EXPECT(cuMemFree_v2(small) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(cuMemFree_v2(0) == CUDA_SUCCESS);
    NEED(cuMemFree_v2(large));
}

struct Gate
{
    std::atomic<bool> open{false};
    std::atomic<int> passed{0};
};

void pass_gate(void* user_data)
{
    Gate& gate = *static_cast<Gate*>(user_data);
    while (!gate.open) std::this_thread::yield();
    ++gate.passed;
}

void test_streams()
{
    CUstream stream, other;
    CUevent start, end;
    NEED(cuStreamCreate(&stream, 1));
    NEED(cuStreamCreate(&other, 1));
    NEED(cuEventCreate(&start, 0));
    NEED(cuEventCreate(&end, 0));
    float ms = -1;
    EXPECT(cuEventElapsedTime(&ms, start, end) == CUDA_ERROR_INVALID_HANDLE);
    EXPECT(cuEventQuery(start) == CUDA_SUCCESS);
    Gate gate;
    NEED(cuEventRecord(start, stream));
    NEED(cuLaunchHostFunc(stream, pass_gate, &gate));
    NEED(cuEventRecord(end, stream));
    EXPECT(cuStreamQuery(stream) == CUDA_ERROR_NOT_READY && cuEventQuery(end) == CUDA_ERROR_NOT_READY);
    EXPECT(cuStreamQuery(other) == CUDA_SUCCESS);
    NEED(cuStreamWaitEvent(other, end, 0));
    for (int i = 0; i < 20; ++i) NEED(cuLaunchHostFunc(other, pass_gate, &gate));
    gate.open = true;
    NEED(cuEventSynchronize(end));
    NEED(cuStreamSynchronize(other));
    EXPECT(gate.passed == 21);
    EXPECT(cuEventElapsedTime(&ms, start, end) == CUDA_SUCCESS && ms >= 0);
    NEED(cuStreamDestroy_v2(other));
    EXPECT(cuStreamSynchronize(other) == CUDA_ERROR_INVALID_HANDLE && cuStreamDestroy_v2(other) == CUDA_ERROR_INVALID_HANDLE);
    EXPECT(cuEventRecord(reinterpret_cast<CUevent>(stream), stream) == CUDA_ERROR_INVALID_HANDLE);
    NEED(cuEventDestroy_v2(start));
    EXPECT(cuEventQuery(start) == CUDA_ERROR_INVALID_HANDLE);
    NEED(cuEventDestroy_v2(end));
    NEED(cuStreamDestroy_v2(stream));
}

void* compile(const char* expression, int expected)
{
    void* program = nullptr;
    NEED(nvrtcCreateProgram(&program, "source", "kernel.cu", 0, nullptr, nullptr));
    NEED(nvrtcAddNameExpression(program, expression));
    const char* option = "-arch=sm_90";
    EXPECT(nvrtcCompileProgram(program, 1, &option) == expected);
    return program;
}

CUmodule load(const char* expression, CUfunction* function)
{
    void* program = compile(expression, 0);
    std::size_t bytes = 0;
    NEED(nvrtcGetCUBINSize(program, &bytes));
    std::string image(bytes, '\0');
    NEED(nvrtcGetCUBIN(program, image.data()));
    CUmodule module;
    NEED(cuModuleLoadData(&module, image.data()));
    const char* lowered = nullptr;
    NEED(nvrtcGetLoweredName(program, expression, &lowered));
    NEED(cuModuleGetFunction(function, module, lowered));
    NEED(nvrtcDestroyProgram(&program));
    image[image.size() / 2] ^= 1;
    CUmodule torn;
    EXPECT(cuModuleLoadData(&torn, image.data()) == CUDA_ERROR_INVALID_IMAGE);
    EXPECT(cuModuleLoadData(&torn, ".version 8.8") == CUDA_ERROR_INVALID_IMAGE);
    return module;
}

void test_kernels()
{
    void* unknown = compile("silu<double>", 6);
    std::size_t bytes = 0;
    NEED(nvrtcGetProgramLogSize(unknown, &bytes));
    std::string log(bytes, '\0');
    NEED(nvrtcGetProgramLog(unknown, log.data()));
    EXPECT(log.find("silu<double>") != std::string::npos && log.find("silu<bf16>") != std::string::npos);
    NEED(nvrtcDestroyProgram(&unknown));

    CUfunction silu, missing;
    CUmodule module = load("silu< float >", &silu);
    EXPECT(cuModuleGetFunction(&missing, module, "gelu_tanh<float>") == CUDA_ERROR_NOT_FOUND);
    constexpr long long COUNT = 5000;
    std::vector<float> x(COUNT), y(COUNT);
    for (int i = 0; i < COUNT; ++i) x[static_cast<std::size_t>(i)] = static_cast<float>(i) / 500 - 5;
    CUdeviceptr device;
    NEED(cuMemAlloc_v2(&device, COUNT * sizeof(float)));
    NEED(cuMemcpyHtoD_v2(device, x.data(), COUNT * sizeof(float)));
    long long count = COUNT;
    void* arguments[] = {&device, &device, &count};
    EXPECT(cuLaunchKernel(silu, 1, 1, 1, 2, 1, 1, 0, nullptr, arguments, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(cuLaunchKernel(silu, 0, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(cuLaunchKernel(silu, 1, 65536, 1, 1, 1, 1, 0, nullptr, arguments, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(cuLaunchKernel(silu, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr) == CUDA_ERROR_INVALID_VALUE);
    NEED(cuLaunchKernel(silu, 7, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr));
    NEED(cuMemcpyDtoH_v2(y.data(), device, COUNT * sizeof(float)));
    double worst = 0;
    for (std::size_t i = 0; i < COUNT; ++i)
        worst = std::fmax(worst, std::fabs(y[i] - x[i] / (1 + std::exp(-static_cast<double>(x[i])))));
    EXPECT(worst < 1e-6);
    NEED(cuMemFree_v2(device));
    NEED(cuModuleUnload(module));
    EXPECT(cuLaunchKernel(silu, 1, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr) == CUDA_ERROR_INVALID_HANDLE);
}

void throw_in_command(void*) { throw 1; }

void test_failure_is_sticky()
{
    CUcontext context;
    CUstream stream;
    NEED(cuDevicePrimaryCtxRetain(&context, 0));
    NEED(cuCtxPushCurrent_v2(context));
    NEED(cuStreamCreate(&stream, 0));
    NEED(cuLaunchHostFunc(stream, throw_in_command, nullptr));
    EXPECT(cuStreamSynchronize(stream) == CUDA_ERROR_LAUNCH_FAILED);
    CUdeviceptr pointer;
    EXPECT(cuMemAlloc_v2(&pointer, 16) == CUDA_ERROR_LAUNCH_FAILED);
    char text[64];
    dittoCpuGetFailureText(text, sizeof text);
    EXPECT(std::string(text) == "host function: an exception of unknown type");
    dittoCpuGetFailureText(text, 5);
    EXPECT(std::string(text) == "host");
    NEED(cuCtxPopCurrent_v2(nullptr));
    NEED(cuDevicePrimaryCtxRelease_v2(0));
    NEED(cuDevicePrimaryCtxRelease_v2(0));  // the last user: the next context is a new one
    NEED(cuDevicePrimaryCtxRetain(&context, 0));
    NEED(cuCtxSetCurrent(context));
    NEED(cuMemAlloc_v2(&pointer, 16));
    NEED(cuMemFree_v2(pointer));
    dittoCpuGetFailureText(text, sizeof text);
    EXPECT(text[0] == 0);
    EXPECT(cuStreamSynchronize(stream) == CUDA_ERROR_INVALID_HANDLE);
}

void test_many_threads()
{
    CUcontext context;
    NEED(cuDevicePrimaryCtxRetain(&context, 0));
    std::array<std::thread, 6> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 6; ++t)
        threads[static_cast<std::size_t>(t)] = std::thread(
            [&, t]
            {
                NEED(cuCtxSetCurrent(context));
                CUstream stream;
                NEED(cuStreamCreate(&stream, 1));
                for (int i = 0; i < 200; ++i)
                {
                    CUdeviceptr pointer;
                    unsigned value = 0;
                    NEED(cuMemAlloc_v2(&pointer, 4096));
                    NEED(cuMemsetD32Async(pointer, static_cast<unsigned>(1000 * t + i), 1024, stream));
                    NEED(cuStreamSynchronize(stream));
                    NEED(cuMemcpyDtoH_v2(&value, pointer + 4092, 4));
                    if (value != static_cast<unsigned>(1000 * t + i)) ++wrong;
                    NEED(cuMemFree_v2(pointer));
                    if (i % 50 == 0) dittoCpuSetThreadCount(1 + (t + i) % 3);
                }
                NEED(cuStreamDestroy_v2(stream));
            });
    for (std::thread& thread : threads) thread.join();
    EXPECT(wrong == 0);
    NEED(cuDevicePrimaryCtxRelease_v2(0));
}
}  // namespace

int main()
{
    test_before_init();
    CUcontext context;
    NEED(cuDevicePrimaryCtxRetain(&context, 0));
    NEED(cuCtxSetCurrent(context));
    test_errors();
    test_memory();
    test_streams();
    test_kernels();
    test_failure_is_sticky();
    test_many_threads();
    NEED(cuCtxSynchronize());
    NEED(cuDevicePrimaryCtxRelease_v2(0));
    std::printf("%s: driver_test\n", failures == 0 ? "passed" : "FAILED");
    return failures == 0 ? 0 : 1;
}
