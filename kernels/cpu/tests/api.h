// api.h: the calls under test, and a way to state what must hold
#pragma once

#include <cstdio>
#include <cstdlib>

#include "../cublaslt_abi.h"

extern "C"
{
    CUresult cuInit(unsigned);
    CUresult cuDeviceGetCount(int*);
    CUresult cuDevicePrimaryCtxRetain(CUcontext*, CUdevice);
    CUresult cuDevicePrimaryCtxRelease_v2(CUdevice);
    CUresult cuCtxSetCurrent(CUcontext);
    CUresult cuCtxPushCurrent_v2(CUcontext);
    CUresult cuCtxPopCurrent_v2(CUcontext*);
    CUresult cuCtxGetCurrent(CUcontext*);
    CUresult cuCtxGetDevice(CUdevice*);
    CUresult cuCtxSynchronize();
    CUresult cuMemAlloc_v2(CUdeviceptr*, std::size_t);
    CUresult cuMemFree_v2(CUdeviceptr);
    CUresult cuMemGetInfo_v2(std::size_t*, std::size_t*);
    CUresult cuMemGetAddressRange_v2(CUdeviceptr*, std::size_t*, CUdeviceptr);
    CUresult cuMemAdvise(CUdeviceptr, std::size_t, CUmem_advise, CUdevice);
    CUresult cuMemcpyHtoD_v2(CUdeviceptr, const void*, std::size_t);
    CUresult cuMemcpyDtoH_v2(void*, CUdeviceptr, std::size_t);
    CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr, const void*, std::size_t, CUstream);
    CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr, CUdeviceptr, std::size_t, CUstream);
    CUresult cuMemsetD8_v2(CUdeviceptr, unsigned char, std::size_t);
    CUresult cuMemsetD32Async(CUdeviceptr, unsigned, std::size_t, CUstream);
    CUresult cuModuleLoadData(CUmodule*, const void*);
    CUresult cuModuleUnload(CUmodule);
    CUresult cuModuleGetFunction(CUfunction*, CUmodule, const char*);
    CUresult cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void**,
                            void**);
    CUresult cuStreamCreate(CUstream*, unsigned);
    CUresult cuStreamDestroy_v2(CUstream);
    CUresult cuStreamSynchronize(CUstream);
    CUresult cuStreamQuery(CUstream);
    CUresult cuStreamWaitEvent(CUstream, CUevent, unsigned);
    CUresult cuStreamBeginCapture_v2(CUstream, CUstreamCaptureMode);
    CUresult cuStreamEndCapture(CUstream, CUgraph*);
    CUresult cuStreamIsCapturing(CUstream, CUstreamCaptureStatus*);
    CUresult cuEventCreate(CUevent*, unsigned);
    CUresult cuEventDestroy_v2(CUevent);
    CUresult cuEventRecord(CUevent, CUstream);
    CUresult cuEventQuery(CUevent);
    CUresult cuEventSynchronize(CUevent);
    CUresult cuEventElapsedTime(float*, CUevent, CUevent);
    CUresult cuGraphGetNodes(CUgraph, CUgraphNode*, std::size_t*);
    CUresult cuGraphInstantiateWithFlags(CUgraphExec*, CUgraph, unsigned long long);
    CUresult cuGraphLaunch(CUgraphExec, CUstream);
    CUresult cuGraphDestroy(CUgraph);
    CUresult cuGraphExecDestroy(CUgraphExec);
    CUresult cuLaunchHostFunc(CUstream, CUhostFn, void*);
    CUresult cuGetErrorName(CUresult, const char**);
    CUresult cuGetProcAddress_v2(const char*, void**, int, std::uint64_t, int*);

    int nvrtcCreateProgram(void**, const char*, const char*, int, const char* const*, const char* const*);
    int nvrtcDestroyProgram(void**);
    int nvrtcAddNameExpression(void*, const char*);
    int nvrtcCompileProgram(void*, int, const char* const*);
    int nvrtcGetProgramLogSize(void*, std::size_t*);
    int nvrtcGetProgramLog(void*, char*);
    int nvrtcGetCUBINSize(void*, std::size_t*);
    int nvrtcGetCUBIN(void*, char*);
    int nvrtcGetLoweredName(void*, const char*, const char**);

    cublasStatus_t cublasLtCreate(cublasLtHandle_t*);
    cublasStatus_t cublasLtDestroy(cublasLtHandle_t);
    cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t*, int, int);
    cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t);
    cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t, int, const void*, std::size_t);
    cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t*, int, std::uint64_t, std::uint64_t, std::int64_t);
    cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t);
    cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t, int, const void*, std::size_t);
    cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t, const void*, const void*, cublasLtMatrixLayout_t,
                                  const void*, cublasLtMatrixLayout_t, const void*, const void*, cublasLtMatrixLayout_t, void*,
                                  cublasLtMatrixLayout_t, const cublasLtMatmulAlgo_t*, void*, std::size_t, CUstream);

    void dittoCpuSetThreadCount(int);
    void dittoCpuGetFailureText(char*, int);
    int dittoCpuGetThreadCount();
    const char* dittoCpuGetIsaName(int);
}

inline int failures = 0;

inline void expect(bool holds, const char* text, const char* file, int line)
{
    if (holds) return;
    ++failures;
    std::fprintf(stderr, "%s:%d: %s\n", file, line, text);
}
#define EXPECT(condition) expect((condition), #condition, __FILE__, __LINE__)

// For calls without which the rest makes no sense.
inline void need(int code, const char* text, const char* file, int line)
{
    if (code == 0) return;
    std::fprintf(stderr, "%s:%d: %s gave %d\n", file, line, text, code);
    std::exit(1);
}
#define NEED(call) need(static_cast<int>(call), #call, __FILE__, __LINE__)

// Runs a test with each device's context current and says how it went; the exit code. The body may take the number of devices.
template <typename Body>
int test_on_every_device(const char* name, Body&& body)
{
    NEED(cuInit(0));
    int devices = 0;
    NEED(cuDeviceGetCount(&devices));
    for (int device = 0; device < devices; ++device)
    {
        CUcontext context;
        NEED(cuDevicePrimaryCtxRetain(&context, device));
        NEED(cuCtxSetCurrent(context));
        body(devices);
        NEED(cuDevicePrimaryCtxRelease_v2(device));
        std::printf("%s: %s on %s\n", failures == 0 ? "passed" : "FAILED", name, dittoCpuGetIsaName(device));
    }
    return failures == 0 ? 0 : 1;
}
