// stream_table.h: what the driver's stream, event and capture files share
#pragma once

#include <functional>

#include "event.h"
#include "stream.h"

namespace ditto
{
void for_each_stream(const std::function<void(Stream&)>& body);
std::shared_ptr<Event> find_event(CUevent handle);
void release_events_of(const Context& context) noexcept;

void refuse_legacy_during_capture(const Context& context);
void begin_capture(Stream& stream, CUstreamCaptureMode mode);
std::shared_ptr<Graph> end_capture(Stream& stream);
void drop_capture(const std::shared_ptr<Capture>& capture);
bool is_active(const std::shared_ptr<Capture>& capture);
void record(Capture& capture, const Stream& stream, Command command);
void record_event(Capture& capture, const Stream& stream, const std::shared_ptr<Capture>& shared, Event& event);

// A wait that concerns a capture: true if it was recorded (or made the stream join), false if neither side captures.
bool wait_captured(Stream& stream, Event& event);

CUstreamCaptureStatus capture_status(const Stream& stream, std::uint64_t* id);
}  // namespace ditto
