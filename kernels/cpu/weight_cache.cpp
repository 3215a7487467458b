// weight_cache.cpp: the one cache of the process
#include "weight_cache.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "threads.h"

namespace ditto
{
namespace
{
constexpr std::uintptr_t ALIGNMENT = 64;  // of pieces that are read in place, where their size allows it

constexpr std::size_t round_up(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

MemoryRange range_of(const Product& product, std::int64_t item)
{
    const std::int64_t element = number_bytes(product.input);
    const std::int64_t lines = product.w.depth_first ? product.columns : product.depth;
    const std::int64_t length = product.w.depth_first ? product.depth : product.columns;
    return {reinterpret_cast<CUdeviceptr>(product.w.data) + static_cast<CUdeviceptr>(item * product.w.batch_stride * element),
            static_cast<std::size_t>(std::max<std::int64_t>(0, ((lines - 1) * product.w.stride + length) * element))};
}

// The columns of w from one on.
StoredMatrix from_column(const StoredMatrix& w, std::int64_t column)
{
    StoredMatrix rest = w;
    rest.data = static_cast<const char*>(w.data) + column * (w.depth_first ? w.stride : 1) * number_bytes(w.type);
    return rest;
}

bool overlap(MemoryRange a, MemoryRange b) { return a.first < b.end() && b.first < a.end(); }
}  // namespace

PackedWeights WeightCache::find_or_pack(const Product& product, std::int64_t item, const WeightForm& form)
{
    const MemoryRange range = range_of(product, item);
    const Key key{range.first, product.columns, product.depth, product.w.stride, product.w.depth_first, product.input, &form};
    std::lock_guard lock(mutex_);
    if (const auto found = in_place_.find(range.first); found != in_place_.end() && found->second.key == key)
    {
        rearrange(found->second, true);
        return found->second.view;
    }
    const std::int64_t count = (product.columns + form.columns() - 1) / form.columns();
    const std::size_t piece_bytes = form.piece_bytes(product.depth), bytes = static_cast<std::size_t>(count) * piece_bytes;
    if (const auto found = beside_.find(key); found != beside_.end())
        return {static_cast<const char*>(found->second.pages.data()), nullptr, count, piece_bytes};
    restore_locked(range, true);
    const StoredMatrix w{reinterpret_cast<const void*>(range.first), product.input, product.w.depth_first, product.w.stride};
    const bool constant = is_read_mostly(range);
    if (constant && pack_in_place(product, w, range, key, form)) return in_place_.at(range.first).view;
    Pages pages(constant ? bytes : 0);
    char* target = static_cast<char*>(pages.data() != nullptr ? pages.data() : scratch_.at_least(bytes));
    guarded_parallel_for(count,
                         [&](std::int64_t piece, int)
                         {
                             const std::int64_t column = piece * form.columns();
                             form.pack(target + static_cast<std::size_t>(piece) * piece_bytes, from_column(w, column),
                                       std::min(form.columns(), product.columns - column), product.depth);
                         });
    if (pages.data() != nullptr)
    {
        beside_.emplace(key, Beside{std::move(pages), range.end()});
        beside_count_.store(beside_.size(), std::memory_order_release);
    }
    return {target, nullptr, count, piece_bytes};
}

// False where the weights do not lie as it takes, or there is no memory for their way.
bool WeightCache::pack_in_place(const Product& product, const StoredMatrix& w, MemoryRange range, const Key& key,
                                const WeightForm& form)
{
    const std::int64_t whole = product.columns / form.columns();
    const std::size_t piece_bytes = form.piece_bytes(product.depth);
    const bool dense = w.depth_first && w.stride == product.depth;
    const std::int64_t column_bytes = product.depth * number_bytes(w.type);
    if (whole == 0 || !dense || !form.is_reversible() || range.first % ALIGNMENT != 0) return false;
    if (static_cast<std::size_t>(form.columns() * column_bytes) != piece_bytes) return false;
    for (const MemoryRange& left : left_as_loaded_)
        if (overlap(left, range)) return false;
    InPlace weights{key, range.end(), product.depth, {}, {}, std::vector<unsigned char>(static_cast<std::size_t>(whole))};
    if (product.columns % form.columns() != 0)
    {
        weights.rest = Pages(piece_bytes);
        if (weights.rest.data() == nullptr) return false;
        const std::int64_t column = whole * form.columns();
        form.pack(weights.rest.data(), from_column(w, column), product.columns - column, product.depth);
    }
    try
    {
        way_.at_least(round_up(piece_bytes) * static_cast<std::size_t>(thread_count()));
    }
    catch (const std::bad_alloc&)
    {
        return false;
    }
    weights.view = {static_cast<const char*>(w.data), static_cast<const char*>(weights.rest.data()), whole, piece_bytes};
    InPlace& placed = in_place_.emplace(range.first, std::move(weights)).first->second;
    note_places();
    rearrange(placed, true);
    return true;
}

// Packs, or unpacks, each piece that is not so already: through a worker's cache and back to where it was.
void WeightCache::rearrange(InPlace& weights, bool pack)
{
    const auto stays = [&](unsigned char packed) { return (packed != 0) == pack; };
    if (std::all_of(weights.packed.begin(), weights.packed.end(), stays)) return;
    const WeightForm& form = *std::get<const WeightForm*>(weights.key);
    const NumberType type = std::get<NumberType>(weights.key);
    const std::size_t bytes = weights.view.piece_bytes;
    const auto body = [&](std::int64_t piece, int worker)
    {
        unsigned char& packed = weights.packed[static_cast<std::size_t>(piece)];
        if (stays(packed)) return;
        char* own = static_cast<char*>(way_.data()) + static_cast<std::size_t>(worker) * round_up(bytes);
        char* place = const_cast<char*>(weights.view.piece(piece));
        std::memcpy(own, place, bytes);
        if (pack)
            form.pack(place, {own, type, true, weights.depth}, form.columns(), weights.depth);
        else
            form.unpack(place, own, weights.depth);
        packed = pack ? 1 : 0;
    };
    if (way_.size() >= round_up(bytes) * static_cast<std::size_t>(thread_count()))
        return guarded_parallel_for(weights.view.whole, body);
    for (std::int64_t piece = 0; piece < weights.view.whole; ++piece)
        body(piece, 0);  // there were fewer threads when it was packed
}

// The first weights in place that end beyond the start of a range.
WeightCache::Places::iterator WeightCache::first_in(MemoryRange range)
{
    auto place = in_place_.upper_bound(range.first);
    if (place != in_place_.begin() && std::prev(place)->second.end > range.first) --place;
    return place;
}

void WeightCache::restore_locked(MemoryRange range, bool leave_so)
{
    for (auto place = first_in(range); place != in_place_.end() && place->first < range.end(); place = in_place_.erase(place))
    {
        if (leave_so) left_as_loaded_.push_back({place->first, place->second.end - place->first});
        rearrange(place->second, false);
    }
    note_places();
}

void WeightCache::restore(MemoryRange range, bool leave_so)
{
    std::lock_guard lock(mutex_);
    restore_locked(range, leave_so);
}

void WeightCache::restore_around(CUdeviceptr pointer)
{
    std::lock_guard lock(mutex_);
    if (const std::optional<MemoryRange> range = read_mostly_around(pointer)) restore_locked(*range, true);
}

void WeightCache::before_write(const void* data, std::size_t bytes)
{
    const bool in_place = may_hold(data, bytes);
    if (!in_place && beside_count_.load(std::memory_order_acquire) == 0) return;
    std::lock_guard lock(mutex_);
    if (in_place) restore_locked({address(data), bytes}, false);
    forget_beside({address(data), bytes});
}

void WeightCache::before_advice(MemoryRange range)
{
    std::lock_guard lock(mutex_);
    restore_locked(range, false);
    forget_beside(range);
    std::erase_if(left_as_loaded_, [&](MemoryRange left) { return overlap(left, range); });
}

void WeightCache::forget_beside(MemoryRange range) noexcept
{
    for (auto entry = beside_.begin(); entry != beside_.end() && std::get<0>(entry->first) < range.end();)
        entry = entry->second.end > range.first ? beside_.erase(entry) : std::next(entry);
    beside_count_.store(beside_.size(), std::memory_order_release);
}

void WeightCache::drop(MemoryRange range) noexcept
{
    std::lock_guard lock(mutex_);
    for (auto place = first_in(range); place != in_place_.end() && place->first < range.end();) place = in_place_.erase(place);
    note_places();
    forget_beside(range);
    std::erase_if(left_as_loaded_, [&](MemoryRange left) { return overlap(left, range); });
}

void WeightCache::note_places() noexcept
{
    lowest_.store(in_place_.empty() ? std::numeric_limits<CUdeviceptr>::max() : in_place_.begin()->first);
    highest_.store(in_place_.empty() ? 0 : in_place_.rbegin()->second.end);
}

WeightCache& weight_cache()
{
    static WeightCache* instance = new WeightCache;
    return *instance;
}
}  // namespace ditto
