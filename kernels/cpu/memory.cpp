// memory.cpp: an ordered map of allocations
#include "memory.h"

#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "driver_error.h"
#include "pages.h"
#include "weight_cache.h"

namespace ditto
{
namespace
{
struct Entry
{
    Allocation allocation;
    std::map<CUdeviceptr, CUdeviceptr> read_mostly;  // first and end of each range; they do not overlap
};

struct Registry
{
    std::shared_mutex mutex;
    std::map<CUdeviceptr, Entry> entries;
    unsigned long long next_id = 1;
};

Registry& registry()
{
    static Registry* instance = new Registry;
    return *instance;
}

// The entry that holds pointer, or null. The caller holds the lock.
Entry* entry_of(Registry& all, CUdeviceptr pointer)
{
    auto after = all.entries.upper_bound(pointer);
    if (after == all.entries.begin()) return nullptr;
    Entry& entry = std::prev(after)->second;
    return pointer - entry.allocation.base < entry.allocation.size ? &entry : nullptr;
}

// A range of no bytes may begin at an allocation's end, or anywhere.
bool holds(const Entry* entry, CUdeviceptr pointer, std::size_t bytes)
{
    return entry != nullptr && bytes <= entry->allocation.size - (pointer - entry->allocation.base);
}

// The caller does not hold the lock: the cache asks this file while it holds its own.
void release(const Entry& entry) noexcept
{
    weight_cache().drop({entry.allocation.base, entry.allocation.size});
    free_pages(reinterpret_cast<void*>(entry.allocation.base), entry.allocation.size);
}

void subtract(std::map<CUdeviceptr, CUdeviceptr>& ranges, MemoryRange gone)
{
    auto range = ranges.upper_bound(gone.first);
    if (range != ranges.begin()) --range;
    while (range != ranges.end() && range->first < gone.end())
    {
        const auto [first, end] = *range;
        if (end <= gone.first)
        {
            ++range;
            continue;
        }
        range = ranges.erase(range);
        if (first < gone.first) ranges.emplace(first, gone.first);
        if (end > gone.end()) range = ranges.emplace(gone.end(), end).first;
    }
}
}  // namespace

CUdeviceptr allocate_memory(std::size_t bytes, bool on_host, CUcontext owner)
{
    require(bytes > 0);
    Pages pages(bytes);
    require(pages.data() != nullptr, CUDA_ERROR_OUT_OF_MEMORY);
    const CUdeviceptr base = reinterpret_cast<CUdeviceptr>(pages.data());
    Registry& all = registry();
    std::unique_lock lock(all.mutex);
    all.entries.emplace(base, Entry{{base, bytes, on_host, owner, all.next_id++}, {}});
    pages.release();
    return base;
}

void free_memory(CUdeviceptr base, bool on_host)
{
    Registry& all = registry();
    std::unique_lock lock(all.mutex);
    const auto found = all.entries.find(base);
    require(found != all.entries.end() && found->second.allocation.on_host == on_host);
    const Entry entry = std::move(found->second);
    all.entries.erase(found);
    lock.unlock();
    release(entry);
}

void free_memory_of(CUcontext owner) noexcept
{
    Registry& all = registry();
    std::unique_lock lock(all.mutex);
    for (auto entry = all.entries.begin(); entry != all.entries.end();)
    {
        if (entry->second.allocation.owner != owner)
        {
            ++entry;
            continue;
        }
        const auto taken = all.entries.extract(entry++);
        lock.unlock();
        release(taken.mapped());
        lock.lock();
        entry = all.entries.upper_bound(taken.key());
    }
}

std::optional<Allocation> find_allocation(CUdeviceptr pointer)
{
    Registry& all = registry();
    std::shared_lock lock(all.mutex);
    const Entry* entry = entry_of(all, pointer);
    return entry == nullptr ? std::nullopt : std::optional(entry->allocation);
}

void require_device_range(CUdeviceptr pointer, std::size_t bytes, bool or_host)
{
    if (bytes == 0) return;
    Registry& all = registry();
    std::shared_lock lock(all.mutex);
    const Entry* entry = entry_of(all, pointer);
    require(holds(entry, pointer, bytes) && (or_host || !entry->allocation.on_host));
}

void mark_read_mostly(MemoryRange range, bool on)
{
    Registry& all = registry();
    std::unique_lock lock(all.mutex);
    Entry* entry = entry_of(all, range.first);
    if (!holds(entry, range.first, range.bytes)) return;  // freed since
    subtract(entry->read_mostly, range);
    if (on) entry->read_mostly.emplace(range.first, range.end());
}

std::optional<MemoryRange> read_mostly_around(CUdeviceptr pointer)
{
    Registry& all = registry();
    std::shared_lock lock(all.mutex);
    const Entry* entry = entry_of(all, pointer);
    if (entry == nullptr) return std::nullopt;
    auto range = entry->read_mostly.upper_bound(pointer);
    if (range == entry->read_mostly.begin()) return std::nullopt;
    --range;
    if (range->second <= pointer) return std::nullopt;
    return MemoryRange{range->first, range->second - range->first};
}

bool is_read_mostly(MemoryRange range)
{
    const std::optional<MemoryRange> around = read_mostly_around(range.first);
    return around.has_value() && range.end() <= around->end();
}
}  // namespace ditto
