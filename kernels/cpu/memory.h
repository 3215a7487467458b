// memory.h: which allocations are alive, to whom they belong, and which ranges are constant (read-mostly)
#pragma once

#include <cstddef>
#include <optional>

#include "abi.h"

namespace ditto
{
struct Allocation
{
    CUdeviceptr base;
    std::size_t size;
    bool on_host;  // pinned host memory: the same memory to a processor, but another kind to the caller
    CUcontext owner;
    unsigned long long id;
};

// All of it is safe from any thread.
CUdeviceptr allocate_memory(std::size_t bytes, bool on_host, CUcontext owner);  // throws DriverError OUT_OF_MEMORY
void free_memory(CUdeviceptr base, bool on_host);                               // throws INVALID_VALUE for what is not a base
void free_memory_of(CUcontext owner) noexcept;

std::optional<Allocation> find_allocation(CUdeviceptr pointer);

// INVALID_VALUE unless the whole range lies inside one device (or, where allowed, pinned host) allocation.
void require_device_range(CUdeviceptr pointer, std::size_t bytes, bool or_host = false);

// Constant ranges. A product's weights in one are packed once; whoever writes there by a copy, fill or product has them packed
// anew. A kernel's writes cannot be seen: unmark the range first.
void mark_read_mostly(CUdeviceptr pointer, std::size_t bytes, bool on);
bool is_read_mostly(CUdeviceptr pointer, std::size_t bytes);
}  // namespace ditto
