// driver_copy.cpp: copies and fills. Ranges are checked against the allocations before anything is queued
#include <algorithm>
#include <cstring>

#include "driver_error.h"
#include "executor.h"
#include "memory.h"
#include "stream.h"

namespace ditto
{
namespace
{
enum class Side
{
    host,
    device,
    either,
};

void check(CUdeviceptr pointer, std::size_t bytes, Side side)
{
    if (bytes == 0) return;
    require(pointer != 0);
    if (side == Side::device || (side == Side::either && find_allocation(pointer).has_value()))
        require_device_range(pointer, bytes, true);
}

bool is_pageable(CUdeviceptr pointer, Side side) { return side != Side::device && !find_allocation(pointer).has_value(); }

Command copy_command(CUdeviceptr to, CUdeviceptr from, std::size_t bytes)
{
    Copy copy;
    copy.destination = reinterpret_cast<void*>(to);
    copy.source = reinterpret_cast<const void*>(from);
    copy.bytes = bytes;
    return {nullptr, copy};
}

CUresult copy_now(CUdeviceptr to, Side to_side, CUdeviceptr from, Side from_side, std::size_t bytes)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            check(to, bytes, to_side);
            check(from, bytes, from_side);
            if (bytes > 0) run_and_wait(context, copy_command(to, from, bytes));
        });
}

// As on a GPU, pageable memory may be used again when the call returns: few bytes are staged, more are waited for.
CUresult copy_queued(CUdeviceptr to, Side to_side, CUdeviceptr from, Side from_side, std::size_t bytes, CUstream handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Stream> stream = find_stream(handle);
            check(to, bytes, to_side);
            check(from, bytes, from_side);
            if (bytes == 0) return;
            Command command = copy_command(to, from, bytes);
            const bool recorded = stream->active_capture() != nullptr;  // then the pointers are kept and read at each launch
            const bool staged = !recorded && bytes <= MAX_ARGUMENT_BYTES && is_pageable(from, from_side);
            if (staged)
            {
                Copy& copy = std::get<Copy>(command.work);
                std::memcpy(copy.staged.data(), copy.source, bytes);
                copy.source = nullptr;
            }
            const std::uint64_t ticket = enqueue(*stream, std::move(command));
            if ((!staged && is_pageable(from, from_side)) || is_pageable(to, to_side)) wait_for(ticket);
        });
}

Command fill_command(CUdeviceptr pointer, unsigned width, unsigned value, std::size_t count)
{
    require(count <= SIZE_MAX / width && pointer % width == 0);
    if (count > 0) require(pointer != 0);
    require_device_range(pointer, count * width, true);
    return {nullptr, Fill{reinterpret_cast<void*>(pointer), count, width, value}};
}

CUresult fill_now(CUdeviceptr pointer, unsigned width, unsigned value, std::size_t count)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            Command command = fill_command(pointer, width, value, count);
            if (count > 0) run_and_wait(context, std::move(command));
        });
}

CUresult fill_queued(CUdeviceptr pointer, unsigned width, unsigned value, std::size_t count, CUstream handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Stream> stream = find_stream(handle);
            Command command = fill_command(pointer, width, value, count);
            if (count > 0) enqueue(*stream, std::move(command));
        });
}

CUdeviceptr address(const void* pointer) { return reinterpret_cast<CUdeviceptr>(pointer); }
}  // namespace
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, std::size_t bytes)
{
    return copy_now(to, Side::either, from, Side::either, bytes);
}
DITTO_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes)
{
    return copy_now(to, Side::device, address(from), Side::host, bytes);
}
DITTO_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes)
{
    return copy_now(address(to), Side::host, from, Side::device, bytes);
}
DITTO_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes)
{
    return copy_now(to, Side::device, from, Side::device, bytes);
}

DITTO_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream)
{
    return copy_queued(to, Side::either, from, Side::either, bytes, stream);
}
DITTO_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream)
{
    return copy_queued(to, Side::device, address(from), Side::host, bytes, stream);
}
DITTO_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream)
{
    return copy_queued(address(to), Side::host, from, Side::device, bytes, stream);
}
DITTO_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream)
{
    return copy_queued(to, Side::device, from, Side::device, bytes, stream);
}

DITTO_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) { return fill_now(to, 1, value, count); }
DITTO_API CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count)
{
    return fill_now(to, 2, value, count);
}
DITTO_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) { return fill_now(to, 4, value, count); }
DITTO_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream)
{
    return fill_queued(to, 1, value, count, stream);
}
DITTO_API CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count, CUstream stream)
{
    return fill_queued(to, 2, value, count, stream);
}
DITTO_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream)
{
    return fill_queued(to, 4, value, count, stream);
}
