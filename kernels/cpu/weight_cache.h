// weight_cache.h: forms of constant weights made once and dropped when the memory they came from is written or freed
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <tuple>

#include "abi.h"
#include "pages.h"
#include "product.h"

namespace ditto
{
// The weights of one batch entry, as they lie in memory.
struct WeightRange
{
    CUdeviceptr first;
    std::size_t bytes;
};
WeightRange weight_range(const Product& product, std::int64_t item);

class WeightCache
{
   public:
    // The packed form: found, or made by pack(destination); in scratch (until the next call) where the weights are not constant
    // or there is no memory for a second copy, which is slower and gives the same bits. `form` tells forms of the same weights
    // apart.
    template <typename Pack>
    void* find_or_pack(const Product& product, std::int64_t item, int form, std::size_t packed_bytes, Pack&& pack)
    {
        const WeightRange range = weight_range(product, item);
        std::lock_guard lock(mutex_);
        if (is_constant(range))
        {
            const Key key{range.first,           product.columns, product.depth, product.w.stride,
                          product.w.depth_first, product.input,   form};
            const auto found = entries_.find(key);
            if (found != entries_.end()) return found->second.pages.data();
            Pages pages(packed_bytes);
            if (void* data = pages.data())
            {
                pack(data);
                entries_.emplace(key, Packed{std::move(pages), range.first + range.bytes});
                count_.store(entries_.size(), std::memory_order_release);
                return data;
            }
        }
        void* data = scratch_.at_least(packed_bytes);
        pack(data);
        return data;
    }

    void forget(CUdeviceptr pointer, std::size_t bytes) noexcept;

   private:
    // First the address, so that a range of memory is a range of keys.
    using Key = std::tuple<CUdeviceptr, std::int64_t, std::int64_t, std::int64_t, bool, NumberType, int>;

    struct Packed
    {
        Pages pages;
        CUdeviceptr end;  // of the weights it was made from
    };

    static bool is_constant(const WeightRange& range);

    std::mutex mutex_;
    std::map<Key, Packed> entries_;
    std::atomic<std::size_t> count_{0};
    Pages scratch_;
};

WeightCache& weight_cache();
}  // namespace ditto
