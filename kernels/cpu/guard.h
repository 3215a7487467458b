// guard.h: blocks between pages that nobody may touch: a read or write beyond either end faults where it happens; for tests
#pragma once

#include <cstddef>

namespace ditto
{
// Whether DITTO_CPU_GUARD=1 asks for such blocks.
bool wants_guards();

// The block's last byte is the last before a guard page, so its address is aligned no better than its length. Before its first
// byte lie less than a page of bytes that are looked at when it is freed, then the other guard page. Null where there is no
// memory.
void* map_guarded(std::size_t bytes) noexcept;

// Ends the process with a message where bytes before the block were written.
void unmap_guarded(void* block, std::size_t bytes) noexcept;
}  // namespace ditto
