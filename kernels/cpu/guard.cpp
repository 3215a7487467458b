// guard.cpp: guard page, filler up to the block's first byte, block, guard page
#include "guard.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "machine.h"

namespace ditto
{
namespace
{
constexpr std::size_t PAGE = 4096;
constexpr unsigned char FILLER = 0xa5;

constexpr std::size_t pages_of(std::size_t bytes) { return (bytes + PAGE - 1) / PAGE * PAGE; }
}  // namespace

bool wants_guards()
{
    static const bool wanted = variable("DITTO_CPU_GUARD") == "1";
    return wanted;
}

void* map_guarded(std::size_t bytes) noexcept
{
    const std::size_t length = pages_of(bytes);
    void* mapped = mmap(nullptr, length + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    unsigned char* first = static_cast<unsigned char*>(mapped) + PAGE;
    if (mprotect(first, length, PROT_READ | PROT_WRITE) != 0)
    {
        munmap(mapped, length + 2 * PAGE);
        return nullptr;
    }
    std::memset(first, FILLER, length - bytes);
    return first + (length - bytes);
}

void unmap_guarded(void* block, std::size_t bytes) noexcept
{
    const std::size_t length = pages_of(bytes);
    unsigned char *begin = static_cast<unsigned char*>(block), *first = begin - (length - bytes);
    if (!std::all_of(first, begin, [](unsigned char byte) { return byte == FILLER; }))
    {
        std::fprintf(stderr, "ditto: bytes before a block of %zu bytes at %p were written\n", bytes, block);
        std::abort();
    }
    munmap(first - PAGE, length + 2 * PAGE);
}
}  // namespace ditto
