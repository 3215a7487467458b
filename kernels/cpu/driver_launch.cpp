// driver_launch.cpp: cuLaunchKernel, and what it would take
#include <cstring>

#include "driver_error.h"
#include "function.h"
#include "stream.h"

namespace ditto
{
namespace
{
constexpr unsigned MAX_GRID_X = 0x7fffffff, MAX_GRID_YZ = 65535;

void check_geometry(Grid grid, Grid block, unsigned shared_bytes)
{
    require(grid.x >= 1 && grid.x <= MAX_GRID_X && grid.y >= 1 && grid.y <= MAX_GRID_YZ && grid.z >= 1 && grid.z <= MAX_GRID_YZ);
    require(block.x == 1 && block.y == 1 && block.z == 1);  // MAX_THREADS_PER_BLOCK
    require(shared_bytes == 0);
}

// The packed form of arguments: extra = {1, buffer, 2, &size, 0}.
void copy_packed(KernelLaunch& launch, void** extra)
{
    const void* buffer = nullptr;
    const std::size_t* size = nullptr;
    for (void** item = extra; *item != nullptr; item += 2)
    {
        const std::uintptr_t kind = reinterpret_cast<std::uintptr_t>(*item);
        require(kind == CU_LAUNCH_PARAM_BUFFER_POINTER || kind == CU_LAUNCH_PARAM_BUFFER_SIZE);
        if (kind == CU_LAUNCH_PARAM_BUFFER_POINTER)
            buffer = item[1];
        else
            size = static_cast<const std::size_t*>(item[1]);
    }
    const std::size_t wanted = static_cast<std::size_t>(launch.kernel->argument_bytes);
    require(buffer != nullptr && size != nullptr && *size >= wanted);
    std::memcpy(launch.arguments.data(), buffer, wanted);
}

void copy_arguments(KernelLaunch& launch, void** arguments)
{
    const KernelEntry& kernel = *launch.kernel;
    for (int i = 0; i < kernel.parameter_count; ++i)
    {
        require(arguments[i] != nullptr);
        std::memcpy(launch.arguments.data() + kernel.offsets[i], arguments[i], kernel.sizes[i]);
    }
}
}  // namespace
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuLaunchKernel(CUfunction handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                                  unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream_handle,
                                  void** arguments, void** extra)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Stream> stream = find_stream(stream_handle);
            const std::shared_ptr<Function> function = find_function(handle);
            require(function->context == stream->context, CUDA_ERROR_INVALID_CONTEXT);
            check_geometry({grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared_bytes);
            Command command{nullptr, KernelLaunch{}};
            KernelLaunch& launch = std::get<KernelLaunch>(command.work);
            launch.kernel = function->kernel;
            launch.grid = {grid_x, grid_y, grid_z};
            require(arguments == nullptr || extra == nullptr);
            if (function->kernel->parameter_count > 0) require(arguments != nullptr || extra != nullptr);
            if (extra != nullptr)
                copy_packed(launch, extra);
            else if (arguments != nullptr)
                copy_arguments(launch, arguments);
            enqueue(*stream, std::move(command));
        });
}

DITTO_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int block_size,
                                                               std::size_t shared_bytes)
{
    return driver_call(
        [&]
        {
            require(blocks != nullptr && block_size >= 1);
            find_function(function);
            *blocks = block_size == 1 && shared_bytes == 0 ? 1 : 0;
        });
}
