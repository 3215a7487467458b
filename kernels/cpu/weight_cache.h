// weight_cache.h: constant weights rearranged once, in the place of what was loaded, and put back when anyone else wants to see
// them
//
// A product's weights that lie dense in a read-mostly range are packed where they lie: a packed piece takes the bytes that its
// columns took, so memory holds one copy of them. The executor gives them their own order again before a command reads or writes
// them in another way. What another reader, or a second kind of product, has once asked for is left as loaded from then on and
// packed beside, as are weights that do not lie dense.
#pragma once

#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "abi.h"
#include "memory.h"
#include "pages.h"
#include "product.h"
#include "weight_form.h"

namespace ditto
{
// Packed pieces: most one after the other, those of incomplete columns apart.
struct PackedWeights
{
    const char *pieces, *rest;
    std::int64_t whole;
    std::size_t piece_bytes;

    const char* piece(std::int64_t index) const
    {
        return index < whole ? pieces + static_cast<std::size_t>(index) * piece_bytes
                             : rest + static_cast<std::size_t>(index - whole) * piece_bytes;
    }
};

class WeightCache
{
   public:
    // The executor's calls; all but drop. What they throw is std::bad_alloc, and they leave every weight either packed or loaded.

    // Found, packed in place, packed beside, or, where the weights are not constant or there is no memory for a copy, in scratch
    // until the next call: slower and with the same bits.
    PackedWeights find_or_pack(const Product& product, std::int64_t item, const WeightForm& form);

    // Before a copy reads, and before a product reads what are not its weights.
    void before_copy(const void* data, std::size_t bytes)
    {
        if (may_hold(data, bytes)) restore({address(data), bytes}, false);
    }
    void before_use(const void* data, std::size_t bytes)
    {
        if (may_hold(data, bytes)) restore({address(data), bytes}, true);
    }

    // Before anything but a kernel writes.
    void before_write(const void* data, std::size_t bytes);

    // Before a kernel that was given this word, a pointer or not, does what it likes to the read-mostly range that it points
    // into.
    void before_kernel(std::uint64_t word)
    {
        if (may_hold(reinterpret_cast<const void*>(word), 1)) restore_around(word);
    }

    // Before a range is marked read-mostly or no longer so.
    void before_advice(MemoryRange range);

    // The memory is gone. From any thread, once the work that uses it is done.
    void drop(MemoryRange range) noexcept;

   private:
    // First the address, so that a range of memory is a range of keys.
    using Key = std::tuple<CUdeviceptr, std::int64_t, std::int64_t, std::int64_t, bool, NumberType, const WeightForm*>;

    struct Beside
    {
        Pages pages;
        CUdeviceptr end;  // of the weights it was made from
    };

    struct InPlace
    {
        Key key;
        CUdeviceptr end;
        std::int64_t depth;
        PackedWeights view;
        Pages rest;
        std::vector<unsigned char> packed;  // of each whole piece; all or none unless memory for a piece's way ran out
    };

    using Places = std::map<CUdeviceptr, InPlace>;  // by first address; they do not overlap

    static CUdeviceptr address(const void* data) { return reinterpret_cast<CUdeviceptr>(data); }

    // Whether weights in place may lie there; without the lock, as only the executor adds any.
    bool may_hold(const void* data, std::size_t bytes) const
    {
        return address(data) < highest_.load(std::memory_order_relaxed) &&
               address(data) + bytes > lowest_.load(std::memory_order_relaxed);
    }

    void restore(MemoryRange range, bool leave_so);
    void restore_around(CUdeviceptr pointer);
    void restore_locked(MemoryRange range, bool leave_so);
    Places::iterator first_in(MemoryRange range);
    void forget_beside(MemoryRange range) noexcept;
    void note_places() noexcept;
    bool pack_in_place(const Product& product, const StoredMatrix& w, MemoryRange range, const Key& key, const WeightForm& form);
    void rearrange(InPlace& weights, bool pack);

    std::mutex mutex_;
    std::map<Key, Beside> beside_;
    Places in_place_;
    std::vector<MemoryRange> left_as_loaded_;
    std::atomic<std::size_t> beside_count_{0};
    std::atomic<CUdeviceptr> lowest_{std::numeric_limits<CUdeviceptr>::max()}, highest_{0};  // bounds of those in place
    Pages scratch_, way_;  // weights packed for one product; pieces on their way
};

WeightCache& weight_cache();
}  // namespace ditto
