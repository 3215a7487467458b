// stream.h: streams, and the capture of their commands into a graph
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "abi.h"
#include "command.h"
#include "context.h"

namespace ditto
{
struct Graph
{
    std::shared_ptr<Context> context;  // null for a graph made empty by cuGraphCreate
    std::vector<Command> commands;
};

// Streams that record into one graph: the one where the capture began, and those that joined it by waiting on an event of it.
struct Capture
{
    CUstreamCaptureMode mode;
    std::thread::id thread;
    std::uint64_t id;
    const void* origin;  // the Stream where it began
    bool blocking;       // whether the legacy stream would have to wait for it

    std::mutex mutex;  // for what follows
    bool invalidated = false;
    std::shared_ptr<Graph> graph;
    std::map<const void*, std::uint64_t> recorded;  // Stream -> how many commands it recorded
    std::map<const void*, std::uint64_t> joined;    // Stream -> how many of them others have waited for; absent: joined nothing
};

struct Stream
{
    explicit Stream(std::shared_ptr<Context> owner, unsigned stream_flags = 0, int stream_priority = 0)
        : context(std::move(owner)), flags(stream_flags), priority(stream_priority)
    {
    }

    std::shared_ptr<Capture> active_capture() const { return capture.load(); }

    const std::shared_ptr<Context> context;
    const unsigned flags;
    const int priority;
    CUstream handle = nullptr;  // null for a context's default stream
    std::atomic<std::uint64_t> last_ticket{0};
    std::atomic<std::shared_ptr<Capture>> capture;
};

// A stream handle of the current context: 0 (and CU_STREAM_LEGACY, CU_STREAM_PER_THREAD) is its default stream. The legacy stream
// waits for blocking streams, so using it while one of them captures is refused (906) and ends that capture.
std::shared_ptr<Stream> find_stream(CUstream handle);

// Queues work on a stream, or records it if the stream captures. Returns the ticket, 0 if recorded.
std::uint64_t enqueue(Stream& stream, Command command);

// Waits for a command that must not be recorded; refuses (and ends the capture) where capture rules forbid it.
void run_and_wait(const std::shared_ptr<Context>& context, Command command);

// Throws STREAM_CAPTURE_UNSUPPORTED, and ends the capture, if one is on that forbids unsafe calls from this thread: allocation,
// synchronous copies, synchronisation of the context.
void refuse_during_capture(const Context& context);

// The same for a call on a capturing stream itself.
void refuse_capturing(const Stream& stream);

void* add_graph(std::shared_ptr<Graph> graph);
}  // namespace ditto
