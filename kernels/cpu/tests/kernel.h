// kernel.h: a kernel of the CPU device by its name expression, and launches of it
#pragma once

#include <string>

#include "api.h"

class Kernel
{
   public:
    // In the current context.
    explicit Kernel(const char* expression)
    {
        void* program = nullptr;
        NEED(nvrtcCreateProgram(&program, "", "kernel.cu", 0, nullptr, nullptr));
        NEED(nvrtcAddNameExpression(program, expression));
        const char* option = "-arch=sm_90";
        NEED(nvrtcCompileProgram(program, 1, &option));
        std::size_t bytes = 0;
        NEED(nvrtcGetCUBINSize(program, &bytes));
        std::string image(bytes, '\0');
        NEED(nvrtcGetCUBIN(program, image.data()));
        NEED(cuModuleLoadData(&module_, image.data()));
        const char* lowered = nullptr;
        NEED(nvrtcGetLoweredName(program, expression, &lowered));
        NEED(cuModuleGetFunction(&function_, module_, lowered));
        NEED(nvrtcDestroyProgram(&program));
    }
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    ~Kernel() { cuModuleUnload(module_); }

    // The arguments' types must be exactly those of the kernel's parameters, pointers as CUdeviceptr.
    template <typename... A>
    void launch(unsigned blocks, CUstream stream, A... arguments) const
    {
        void* pointers[] = {&arguments...};
        launch_grid(blocks, 1, 1, stream, pointers);
    }
    void launch_grid(unsigned x, unsigned y, unsigned z, CUstream stream, void** arguments) const
    {
        NEED(cuLaunchKernel(function_, x, y, z, 1, 1, 1, 0, stream, arguments, nullptr));
    }

   private:
    CUmodule module_ = nullptr;
    CUfunction function_ = nullptr;
};
