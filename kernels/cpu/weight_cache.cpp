// weight_cache.cpp: the one cache of the process; the executor reads it, whoever frees or unmarks memory drops entries
#include "weight_cache.h"

#include "memory.h"

namespace ditto
{
WeightRange weight_range(const Product& product, std::int64_t item)
{
    const std::int64_t element = number_bytes(product.input);
    const std::int64_t lines = product.w.depth_first ? product.columns : product.depth;
    const std::int64_t length = product.w.depth_first ? product.depth : product.columns;
    return {reinterpret_cast<CUdeviceptr>(product.w.data) + static_cast<CUdeviceptr>(item * product.w.batch_stride * element),
            static_cast<std::size_t>(((lines - 1) * product.w.stride + length) * element)};
}

bool WeightCache::is_constant(const WeightRange& range) { return is_read_mostly(range.first, range.bytes); }

void WeightCache::forget(CUdeviceptr pointer, std::size_t bytes) noexcept
{
    if (count_.load(std::memory_order_acquire) == 0) return;
    std::lock_guard lock(mutex_);
    for (auto entry = entries_.begin(); entry != entries_.end() && std::get<0>(entry->first) < pointer + bytes;)
        entry = entry->second.end > pointer ? entries_.erase(entry) : std::next(entry);
    count_.store(entries_.size(), std::memory_order_release);
}

WeightCache& weight_cache()
{
    static WeightCache* instance = new WeightCache;
    return *instance;
}
}  // namespace ditto
