// pages.cpp: small blocks from the C library, large ones straight from the system
#include "pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "guard.h"
#include "machine.h"

namespace ditto
{
namespace
{
constexpr std::size_t ALIGNMENT = 256, PAGE = 4096;
constexpr std::size_t CHECKED = std::size_t{1} << 20;  // smaller blocks are not worth reading /proc for

std::atomic<std::size_t> in_use{0};

std::size_t budget()
{
    static const std::size_t bytes = available_memory();
    return bytes;
}

bool reserve(std::size_t bytes)
{
    const std::size_t all = budget();
    std::size_t used = in_use.load();
    do
        if (bytes > all || used > all - bytes) return false;
    while (!in_use.compare_exchange_weak(used, used + bytes));
    if (bytes < CHECKED || bytes <= available_memory()) return true;
    in_use.fetch_sub(bytes);
    return false;
}

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

void* map(std::size_t bytes)
{
    const std::size_t length = round_up(bytes, PAGE), reserved = length + HUGE_PAGE;
    void* mapped = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* start = static_cast<char*>(mapped);
    char* aligned = start + (HUGE_PAGE - reinterpret_cast<std::uintptr_t>(start) % HUGE_PAGE) % HUGE_PAGE;
    if (aligned > start) munmap(start, static_cast<std::size_t>(aligned - start));
    char* end = aligned + length;
    if (end < start + reserved) munmap(end, static_cast<std::size_t>(start + reserved - end));
    madvise(aligned, length, MADV_HUGEPAGE);  // a wish; without huge pages all works, a little slower
    return aligned;
}

// Of the exact length: a sanitizer's red zone begins right after it.
void* allocate_small(std::size_t bytes)
{
    void* pointer = nullptr;
    return posix_memalign(&pointer, ALIGNMENT, bytes) == 0 ? pointer : nullptr;
}
}  // namespace

void* allocate_pages(std::size_t bytes) noexcept
{
    if (bytes == 0 || bytes > SIZE_MAX / 2 || !reserve(bytes)) return nullptr;
    void* pointer = wants_guards() ? map_guarded(bytes) : bytes < HUGE_PAGE ? allocate_small(bytes) : map(bytes);
    if (pointer == nullptr) in_use.fetch_sub(bytes);
    return pointer;
}

void free_pages(void* pointer, std::size_t bytes) noexcept
{
    if (pointer == nullptr) return;
    if (wants_guards())
        unmap_guarded(pointer, bytes);
    else if (bytes < HUGE_PAGE)
        std::free(pointer);
    else
        munmap(pointer, round_up(bytes, PAGE));
    in_use.fetch_sub(bytes);
}

std::size_t free_budget() noexcept
{
    const std::size_t all = budget(), used = in_use.load();
    return std::min(all - std::min(all, used), available_memory());
}

void* Pages::at_least(std::size_t bytes)
{
    if (bytes <= bytes_) return pointer_;
    Pages larger(std::max(round_up(bytes, ALIGNMENT), PAGE));  // aligned between guards, too
    if (larger.data() == nullptr) throw std::bad_alloc();
    *this = std::move(larger);
    return pointer_;
}
}  // namespace ditto
