// memory.h: which allocations are alive, to whom they belong, and which ranges are constant (read-mostly)
#pragma once

#include <cstddef>
#include <optional>

#include "abi.h"

namespace ditto
{
struct MemoryRange
{
    CUdeviceptr first;
    std::size_t bytes;

    CUdeviceptr end() const { return first + bytes; }
};

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

// Constant ranges, each the whole of what belongs together, as a tensor. A product's weights in one are packed once, in place
// where they lie dense (weight_cache.h); whoever reads or writes there by a copy, fill, product or kernel sees them as they were
// loaded. A kernel reaches a range by a pointer into it. What it writes there products may not see: unmark the range first.
// Marking is the executor's call.
void mark_read_mostly(MemoryRange range, bool on);
bool is_read_mostly(MemoryRange range);
std::optional<MemoryRange> read_mostly_around(CUdeviceptr pointer);
}  // namespace ditto
