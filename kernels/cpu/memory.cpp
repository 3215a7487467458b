// memory.cpp: an ordered map of allocations
#include "memory.h"

#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "driver_error.h"
#include "pages.h"
#include "weight_cache.h"

namespace ditto
{
namespace
{
struct Range
{
    CUdeviceptr first, end;
};

struct Entry
{
    Allocation allocation;
    std::vector<Range> read_mostly;
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

void release(const Entry& entry) noexcept
{
    weight_cache().forget(entry.allocation.base, entry.allocation.size);
    free_pages(reinterpret_cast<void*>(entry.allocation.base), entry.allocation.size);
}

void subtract(std::vector<Range>& ranges, Range gone)
{
    std::vector<Range> left;
    for (const Range& range : ranges)
    {
        if (range.first < gone.first) left.push_back({range.first, std::min(range.end, gone.first)});
        if (range.end > gone.end) left.push_back({std::max(range.first, gone.end), range.end});
    }
    ranges = std::move(left);
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
        const bool gone = entry->second.allocation.owner == owner;
        if (gone) release(entry->second);
        entry = gone ? all.entries.erase(entry) : std::next(entry);
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

void mark_read_mostly(CUdeviceptr pointer, std::size_t bytes, bool on)
{
    Registry& all = registry();
    std::unique_lock lock(all.mutex);
    Entry* entry = entry_of(all, pointer);
    require(bytes > 0 && holds(entry, pointer, bytes));
    subtract(entry->read_mostly, {pointer, pointer + bytes});
    if (on)
    {
        entry->read_mostly.push_back({pointer, pointer + bytes});
        return;
    }
    lock.unlock();
    weight_cache().forget(pointer, bytes);
}

bool is_read_mostly(CUdeviceptr pointer, std::size_t bytes)
{
    Registry& all = registry();
    std::shared_lock lock(all.mutex);
    const Entry* entry = entry_of(all, pointer);
    if (entry == nullptr) return false;
    for (const Range& range : entry->read_mostly)
        if (range.first <= pointer && pointer + bytes <= range.end) return true;
    return false;
}
}  // namespace ditto
