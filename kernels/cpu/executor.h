// executor.h: the one thread that does the work of every stream, in the order in which it was submitted
//
// Streams stay truly asynchronous to the host, and as no two commands run at a time each has all worker threads for itself: a
// second one beside it would only contend for the same cores. The queue is short, so a host that runs ahead is held back.
#pragma once

#include <cstdint>

#include "command.h"

namespace ditto
{
// Queues a command, waiting while the queue is full, and returns its ticket. Tickets rise by one; 0 is none.
std::uint64_t submit(Command command);

bool is_done(std::uint64_t ticket);
void wait_for(std::uint64_t ticket);

// Waits for all that was submitted before the call.
void wait_for_all();
}  // namespace ditto
