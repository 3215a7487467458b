// capture.cpp: the rules of stream capture (CUDA's names for the ways to break them)
#include <algorithm>
#include <list>

#include "driver_error.h"
#include "event.h"
#include "executor.h"
#include "handles.h"
#include "stream_table.h"

namespace ditto
{
namespace
{
struct Captures
{
    std::mutex mutex;
    std::list<std::shared_ptr<Capture>> active;
    std::uint64_t next_id = 1;
};

Captures& captures()
{
    static Captures* instance = new Captures;
    return *instance;
}

void invalidate(Capture& capture)
{
    std::lock_guard lock(capture.mutex);
    capture.invalidated = true;
    capture.graph->commands.clear();
}

bool belongs_to(const Capture& capture, const Context& context) { return capture.graph->context.get() == &context; }

// Ends each active capture for which the predicate holds, and throws the code if there was one.
template <typename Predicate>
void refuse_if(CUresult code, Predicate&& predicate)
{
    bool refused = false;
    std::lock_guard lock(captures().mutex);
    for (const std::shared_ptr<Capture>& capture : captures().active)
    {
        if (!predicate(*capture)) continue;
        invalidate(*capture);
        refused = true;
    }
    require(!refused, code);
}
}  // namespace

void refuse_during_capture(const Context& context)
{
    refuse_if(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              [&](const Capture& capture)
              {
                  if (!belongs_to(capture, context)) return false;
                  const bool here = capture.thread == std::this_thread::get_id();
                  return capture.mode == CU_STREAM_CAPTURE_MODE_GLOBAL ||
                         (capture.mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL && here);
              });
}

void refuse_capturing(const Stream& stream)
{
    const std::shared_ptr<Capture> capture = stream.active_capture();
    if (capture == nullptr) return;
    invalidate(*capture);
    throw DriverError(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

void refuse_legacy_during_capture(const Context& context)
{
    refuse_if(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
              [&](const Capture& capture) { return belongs_to(capture, context) && capture.blocking; });
}

void begin_capture(Stream& stream, CUstreamCaptureMode mode)
{
    require(mode >= CU_STREAM_CAPTURE_MODE_GLOBAL && mode <= CU_STREAM_CAPTURE_MODE_RELAXED);
    require(stream.handle != nullptr, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    require(stream.active_capture() == nullptr, CUDA_ERROR_ILLEGAL_STATE);
    const std::shared_ptr<Capture> capture = std::make_shared<Capture>();
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    capture->origin = &stream;
    capture->blocking = (stream.flags & CU_STREAM_NON_BLOCKING) == 0;
    capture->graph = std::make_shared<Graph>();
    capture->graph->context = stream.context;
    std::lock_guard lock(captures().mutex);
    capture->id = captures().next_id++;
    captures().active.push_back(capture);
    stream.capture.store(capture);
}

std::shared_ptr<Graph> end_capture(Stream& stream)
{
    const std::shared_ptr<Capture> capture = stream.active_capture();
    require(capture != nullptr, CUDA_ERROR_ILLEGAL_STATE);
    if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED)
        require(capture->thread == std::this_thread::get_id(), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    if (capture->origin != &stream)
    {
        invalidate(*capture);
        throw DriverError(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
    }
    drop_capture(capture);
    std::lock_guard lock(capture->mutex);
    require(!capture->invalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    for (const auto& [joined, count] : capture->joined)
        require(joined == capture->origin || count == capture->recorded[joined], CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
    return capture->graph;
}

void drop_capture(const std::shared_ptr<Capture>& capture)
{
    for_each_stream(
        [&](Stream& stream)
        {
            if (stream.active_capture() == capture) stream.capture.store(nullptr);
        });
    std::lock_guard lock(captures().mutex);
    captures().active.remove(capture);
}

void record(Capture& capture, const Stream& stream, Command command)
{
    std::lock_guard lock(capture.mutex);
    require(!capture.invalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    ++capture.recorded[&stream];
    if (command.is_node()) capture.graph->commands.push_back(std::move(command));
}

void record_event(Capture& capture, const Stream& stream, const std::shared_ptr<Capture>& shared, Event& event)
{
    std::scoped_lock lock(capture.mutex, event.mutex);
    require(!capture.invalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    event.captured = true;
    event.capture = shared;
    event.captured_stream = &stream;
    event.captured_position = capture.recorded[&stream];
}

bool wait_captured(Stream& stream, Event& event)
{
    std::unique_lock event_lock(event.mutex);
    const std::shared_ptr<Capture> own = stream.active_capture(), other = event.captured ? event.capture.lock() : nullptr;
    const bool live = other != nullptr && is_active(other);
    if (own == nullptr && !event.captured) return false;
    if (own != nullptr && !live)
    {
        event_lock.unlock();
        invalidate(*own);
        throw DriverError(CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    }
    require(live, CUDA_ERROR_CAPTURED_EVENT);
    if (own != nullptr && own != other)
    {
        event_lock.unlock();
        invalidate(*own);
        invalidate(*other);
        throw DriverError(CUDA_ERROR_STREAM_CAPTURE_MERGE);
    }
    require(stream.handle != nullptr, CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    std::lock_guard lock(other->mutex);
    require(!other->invalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    if (own == nullptr)
    {
        stream.capture.store(other);
        other->joined[&stream] = 0;
        ++other->recorded[&stream];  // its wait: not joined back until another stream waits for it in turn
        return true;
    }
    const auto joined = other->joined.find(event.captured_stream);
    if (joined != other->joined.end()) joined->second = std::max(joined->second, event.captured_position);
    return true;
}

bool is_active(const std::shared_ptr<Capture>& capture)
{
    std::lock_guard lock(captures().mutex);
    return std::find(captures().active.begin(), captures().active.end(), capture) != captures().active.end();
}

CUstreamCaptureStatus capture_status(const Stream& stream, std::uint64_t* id)
{
    const std::shared_ptr<Capture> capture = stream.active_capture();
    if (capture == nullptr) return CU_STREAM_CAPTURE_STATUS_NONE;
    if (id != nullptr) *id = capture->id;
    std::lock_guard lock(capture->mutex);
    return capture->invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED : CU_STREAM_CAPTURE_STATUS_ACTIVE;
}
}  // namespace ditto
