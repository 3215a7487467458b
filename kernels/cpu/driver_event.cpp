// driver_event.cpp: the cuEvent* calls
#include "driver_error.h"
#include "executor.h"
#include "handles.h"
#include "stream_table.h"

namespace ditto
{
namespace
{
HandleTable<Event>& events()
{
    static HandleTable<Event>* table = new HandleTable<Event>(0x33);
    return *table;
}

void record_on(const std::shared_ptr<Stream>& stream, const std::shared_ptr<Event>& event)
{
    require(event->context == stream->context, CUDA_ERROR_INVALID_HANDLE);
    if (const std::shared_ptr<Capture> capture = stream->active_capture())
    {
        record_event(*capture, *stream, capture, *event);
        return;
    }
    std::lock_guard lock(event->mutex);
    event->captured = false;
    event->ticket = enqueue(*stream, Command{nullptr, EventMark{event}});
}

// The ticket of the last record; CAPTURED_EVENT where that was into a capture.
std::uint64_t ticket_of(Event& event)
{
    std::lock_guard lock(event.mutex);
    require(!event.captured, CUDA_ERROR_CAPTURED_EVENT);
    return event.ticket;
}

std::int64_t time_of(Event& event)
{
    require((event.flags & CU_EVENT_DISABLE_TIMING) == 0, CUDA_ERROR_INVALID_HANDLE);
    std::lock_guard lock(event.mutex);
    require(!event.captured && event.ticket != 0, CUDA_ERROR_INVALID_HANDLE);
    require(is_done(event.ticket), CUDA_ERROR_NOT_READY);
    return event.time_ns.load(std::memory_order_acquire);
}

CUresult elapsed(float* milliseconds, CUevent start, CUevent end)
{
    return driver_call(
        [&]
        {
            require(milliseconds != nullptr);
            const std::shared_ptr<Event> first = find_event(start), last = find_event(end);
            require(first->context == last->context, CUDA_ERROR_INVALID_HANDLE);
            const std::int64_t from = time_of(*first), to = time_of(*last);
            *milliseconds = static_cast<float>(static_cast<double>(to - from) * 1e-6);
        });
}
}  // namespace

std::shared_ptr<Event> find_event(CUevent handle) { return events().find(handle); }

void release_events_of(const Context& context) noexcept
{
    events().remove_if([&](const Event& event) { return event.context.get() == &context; });
}
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuEventCreate(CUevent* handle, unsigned flags)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            require(handle != nullptr && flags <= 7 && (flags & 6) != 4);  // INTERPROCESS needs DISABLE_TIMING
            require((flags & 4) == 0, CUDA_ERROR_NOT_SUPPORTED);
            *handle = static_cast<CUevent>(events().add(std::make_shared<Event>(context, flags)));
        });
}

DITTO_API CUresult cuEventDestroy_v2(CUevent handle)
{
    return driver_call([&] { events().remove(handle); });
}

DITTO_API CUresult cuEventRecord(CUevent handle, CUstream stream)
{
    return driver_call([&] { record_on(find_stream(stream), find_event(handle)); });
}

DITTO_API CUresult cuEventRecordWithFlags(CUevent handle, CUstream stream, unsigned flags)
{
    return driver_call(
        [&]
        {
            require(flags <= 1);
            require(flags == 0, CUDA_ERROR_NOT_SUPPORTED);  // events recorded by graphs
            record_on(find_stream(stream), find_event(handle));
        });
}

DITTO_API CUresult cuEventQuery(CUevent handle)
{
    return driver_call(
        [&]
        {
            require(is_done(ticket_of(*find_event(handle))), CUDA_ERROR_NOT_READY);
            current_context();
        });
}

DITTO_API CUresult cuEventSynchronize(CUevent handle)
{
    return driver_call(
        [&]
        {
            wait_for(ticket_of(*find_event(handle)));
            current_context();  // what failed meanwhile
        });
}

DITTO_API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end)
{
    return elapsed(milliseconds, start, end);
}
DITTO_API CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end)
{
    return elapsed(milliseconds, start, end);
}
