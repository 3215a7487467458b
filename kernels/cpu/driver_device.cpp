// driver_device.cpp: cuInit and the cuDevice* calls; a device is one ISA level of this processor
#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>

#include "context.h"
#include "driver_error.h"
#include "fingerprint.h"
#include "machine.h"
#include "threads.h"

namespace ditto
{
namespace
{
std::atomic<bool> initialised{false};

int attribute_of(CUdevice_attribute attribute)
{
    switch (attribute)
    {
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:  // a block is one thread
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
        case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
        case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
        case CU_DEVICE_ATTRIBUTE_INTEGRATED:
        case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
        case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
        case CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS:
        case CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES:
            return 1;
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
            return 0x7fffffff;
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
        case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
            return 65535;
        case CU_DEVICE_ATTRIBUTE_MAX_PITCH:
            return 0x7fffffff;
        case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
            return clock_rate_khz();
        case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
            return thread_count();
        case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
            return static_cast<int>(std::min<std::size_t>(cache_size(2), 0x7fffffff));
        default:
            return 0;  // a feature that this device does not have, compute capability among them
    }
}

CUresult write_uuid(CUuuid* uuid, CUdevice device)
{
    return driver_call(
        [&]
        {
            require(uuid != nullptr);
            const std::string text = std::string("ditto-cpu ") + isa_name(device_isa(device)) + processor_name();
            const unsigned long long halves[2] = {fingerprint(text.data(), text.size()),
                                                  fingerprint(text.data(), text.size(), 1)};
            std::memcpy(uuid->bytes, halves, sizeof uuid->bytes);
        });
}
}  // namespace

bool is_initialised() noexcept { return initialised.load(std::memory_order_acquire); }

Isa device_isa(CUdevice device)
{
    require(device >= 0 && device < static_cast<int>(isa_devices().size()), CUDA_ERROR_INVALID_DEVICE);
    return isa_devices()[static_cast<std::size_t>(device)];
}
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuInit(unsigned flags)
{
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    if (isa_devices().empty()) return CUDA_ERROR_NO_DEVICE;
    initialised.store(true, std::memory_order_release);
    return CUDA_SUCCESS;
}

DITTO_API CUresult cuDriverGetVersion(int* version)
{
    if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *version = CUDA_VERSION;
    return CUDA_SUCCESS;
}

DITTO_API CUresult cuDeviceGet(CUdevice* device, int ordinal)
{
    return driver_call(
        [&]
        {
            require(device != nullptr);
            device_isa(ordinal);
            *device = ordinal;
        });
}

DITTO_API CUresult cuDeviceGetCount(int* count)
{
    return driver_call(
        [&]
        {
            require(count != nullptr);
            *count = static_cast<int>(isa_devices().size());
        });
}

DITTO_API CUresult cuDeviceGetName(char* name, int length, CUdevice device)
{
    return driver_call(
        [&]
        {
            require(name != nullptr && length > 0);
            const std::string text = processor_name() + " (" + isa_name(device_isa(device)) + ")";
            const std::size_t copied = std::min(text.size(), static_cast<std::size_t>(length - 1));
            std::memcpy(name, text.data(), copied);
            name[copied] = '\0';
        });
}

DITTO_API CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device)
{
    return driver_call(
        [&]
        {
            require(value != nullptr && attribute > 0 && attribute < CU_DEVICE_ATTRIBUTE_MAX);
            device_isa(device);
            *value = attribute_of(attribute);
        });
}

DITTO_API CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device)
{
    return driver_call(
        [&]
        {
            require(bytes != nullptr);
            device_isa(device);
            *bytes = total_memory();
        });
}

DITTO_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) { return write_uuid(uuid, device); }
DITTO_API CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) { return write_uuid(uuid, device); }
