// weight_form.h: how a kind of product wants its weights: in pieces of some columns, each rearranged for itself
#pragma once

#include <cstddef>
#include <cstdint>

#include "product_kernel.h"

namespace ditto
{
// Lives as long as the process; its address is its name. Members may throw std::bad_alloc where they say so.
class WeightForm
{
   public:
    virtual ~WeightForm() = default;

    virtual std::int64_t columns() const = 0;  // of a piece
    virtual std::size_t piece_bytes(std::int64_t depth) const = 0;

    // A piece from at most columns() columns of w, whose data begin at the first of them. May throw.
    virtual void pack(void* piece, const StoredMatrix& w, std::int64_t columns, std::int64_t depth) const = 0;

    // From a whole piece back to its columns, dense with neighbours in depth side by side. May throw, and then has changed
    // nothing.
    virtual void unpack(void* columns, const void* piece, std::int64_t depth) const = 0;

    // Whether unpack gives back the bits that were packed.
    virtual bool is_reversible() const { return true; }
};
}  // namespace ditto
