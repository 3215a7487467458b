// driver_memory.cpp: allocation, and what is known about a pointer
#include <cstdint>
#include <cstring>

#include "context.h"
#include "driver_error.h"
#include "executor.h"
#include "machine.h"
#include "memory.h"
#include "pages.h"
#include "stream.h"

namespace ditto
{
namespace
{
CUresult allocate_host(void** pointer, std::size_t bytes)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            require(pointer != nullptr);
            refuse_during_capture(*context);
            *pointer = reinterpret_cast<void*>(allocate_memory(bytes, true, context->handle));
        });
}

template <typename T>
void write(void* data, T value)
{
    std::memcpy(data, &value, sizeof value);  // NOLINT(bugprone-sizeof-expression): of a pointer where T is one
}

void write_attribute(void* data, CUpointer_attribute attribute, const Allocation& allocation, CUdeviceptr pointer)
{
    switch (attribute)
    {
        case CU_POINTER_ATTRIBUTE_CONTEXT:
            return write(data, allocation.owner);
        case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
            return write(data, allocation.on_host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE);
        case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
            return write(data, pointer);
        case CU_POINTER_ATTRIBUTE_HOST_POINTER:
            require(allocation.on_host);
            return write(data, pointer);
        case CU_POINTER_ATTRIBUTE_BUFFER_ID:
            return write(data, allocation.id);
        case CU_POINTER_ATTRIBUTE_IS_MANAGED:
            return write(data, 0u);
        case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
            return write(data, find_context(allocation.owner)->device);
        case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
            return write(data, allocation.base);
        case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
            return write(data, allocation.size);
        case CU_POINTER_ATTRIBUTE_MAPPED:
            return write(data, 1u);
        default:
            throw DriverError(CUDA_ERROR_NOT_SUPPORTED);
    }
}
}  // namespace
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuMemAlloc_v2(CUdeviceptr* pointer, std::size_t bytes)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            require(pointer != nullptr);
            refuse_during_capture(*context);
            *pointer = allocate_memory(bytes, false, context->handle);
        });
}

DITTO_API CUresult cuMemFree_v2(CUdeviceptr pointer)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            if (pointer == 0) return;
            refuse_during_capture(*context);
            wait_for_all();
            free_memory(pointer, false);
        });
}

DITTO_API CUresult cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags)
{
    return flags > 7 ? CUDA_ERROR_INVALID_VALUE : allocate_host(pointer, bytes);
}

DITTO_API CUresult cuMemAllocHost_v2(void** pointer, std::size_t bytes) { return allocate_host(pointer, bytes); }

DITTO_API CUresult cuMemFreeHost(void* pointer)
{
    return driver_call(
        [&]
        {
            current_context();
            if (pointer == nullptr) return;
            wait_for_all();
            free_memory(reinterpret_cast<CUdeviceptr>(pointer), true);
        });
}

DITTO_API CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device_pointer, void* pointer, unsigned flags)
{
    return driver_call(
        [&]
        {
            current_context();
            require(device_pointer != nullptr && flags == 0);
            require_device_range(reinterpret_cast<CUdeviceptr>(pointer), 1, true);
            *device_pointer = reinterpret_cast<CUdeviceptr>(pointer);
        });
}

DITTO_API CUresult cuMemGetInfo_v2(std::size_t* free_bytes, std::size_t* total_bytes)
{
    return driver_call(
        [&]
        {
            current_context();
            require(free_bytes != nullptr && total_bytes != nullptr);
            *free_bytes = free_budget();
            *total_bytes = total_memory();
        });
}

DITTO_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, std::size_t* size, CUdeviceptr pointer)
{
    return driver_call(
        [&]
        {
            current_context();
            const std::optional<Allocation> allocation = find_allocation(pointer);
            require(allocation.has_value(), CUDA_ERROR_NOT_FOUND);
            if (base != nullptr) *base = allocation->base;
            if (size != nullptr) *size = allocation->size;
        });
}

DITTO_API CUresult cuMemAdvise(CUdeviceptr pointer, std::size_t bytes, CUmem_advise advice, CUdevice)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            require(advice >= CU_MEM_ADVISE_SET_READ_MOSTLY && advice <= CU_MEM_ADVISE_UNSET_ACCESSED_BY);
            require_device_range(pointer, bytes);
            require(bytes > 0);
            if (advice > CU_MEM_ADVISE_UNSET_READ_MOSTLY) return;
            // In the order of the queue: what is in it may be about to use the packed form. Without a context, so that it is
            // never dropped.
            const bool on = advice == CU_MEM_ADVISE_SET_READ_MOSTLY;
            const std::uint64_t ticket = submit({nullptr, Advice{{pointer, bytes}, on}});
            if (!on) wait_for(ticket);
        });
}

DITTO_API CUresult cuPointerGetAttribute(void* data, CUpointer_attribute attribute, CUdeviceptr pointer)
{
    return driver_call(
        [&]
        {
            current_context();
            require(data != nullptr);
            const std::optional<Allocation> allocation = find_allocation(pointer);
            require(allocation.has_value());
            write_attribute(data, attribute, *allocation, pointer);
        });
}
