// pages.h: the memory under device allocations, packed weights and scratch: aligned, counted, refused rather than overcommitted
#pragma once

#include <cstddef>
#include <utility>

namespace ditto
{
inline constexpr std::size_t HUGE_PAGE = std::size_t{2} << 20;

// Aligned to 256 bytes, from 2 MiB on to 2 MiB and backed by huge pages where the system has them. Null where the bytes would
// exceed what was free when the first were asked for, or what is free now: the system itself would promise them and kill the
// process later. Between guards (guard.h) a block is aligned as its length is.
void* allocate_pages(std::size_t bytes) noexcept;
void free_pages(void* pointer, std::size_t bytes) noexcept;

// Bytes that allocate_pages may still give.
std::size_t free_budget() noexcept;

// Owns one such block.
class Pages
{
   public:
    Pages() = default;
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    explicit Pages(std::size_t bytes) : pointer_(allocate_pages(bytes)), bytes_(pointer_ == nullptr ? 0 : bytes) {}
    Pages(Pages&& other) noexcept : pointer_(other.pointer_), bytes_(other.bytes_) { other.pointer_ = nullptr, other.bytes_ = 0; }
    Pages& operator=(Pages&& other) noexcept
    {
        std::swap(pointer_, other.pointer_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Pages() { free_pages(pointer_, bytes_); }

    void* data() const { return pointer_; }
    std::size_t size() const { return bytes_; }
    void release() { pointer_ = nullptr, bytes_ = 0; }  // from here on the block is someone else's

    // A block of at least this many bytes, kept from call to call; its content is lost when it grows. Throws std::bad_alloc.
    void* at_least(std::size_t bytes);

   private:
    void* pointer_ = nullptr;
    std::size_t bytes_ = 0;
};
}  // namespace ditto
