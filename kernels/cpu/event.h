// event.h: a point in the order of commands, with the time when it was passed
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

#include "abi.h"
#include "context.h"

namespace ditto
{
struct Capture;

struct Event
{
    Event(std::shared_ptr<Context> owner, unsigned event_flags) : context(std::move(owner)), flags(event_flags) {}

    // Called by the executor.
    void mark_now()
    {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        time_ns.store(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(), std::memory_order_release);
    }

    const std::shared_ptr<Context> context;
    const unsigned flags;
    std::atomic<std::int64_t> time_ns{0};

    std::mutex mutex;                // for what follows
    std::uint64_t ticket = 0;        // of the last record; 0: never recorded
    std::weak_ptr<Capture> capture;  // where it was last recorded into, if that is a capture
    bool captured = false;           // last recorded into a capture, living or ended
    const void* captured_stream = nullptr;
    std::uint64_t captured_position = 0;  // commands that this stream had recorded by then
};
}  // namespace ditto
