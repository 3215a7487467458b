// driver_stream.cpp: the cuStream* calls
#include "driver_error.h"
#include "executor.h"
#include "handles.h"
#include "stream_table.h"

namespace ditto
{
namespace
{
struct Streams
{
    HandleTable<Stream> table{0x22};
};

Streams& streams()
{
    static Streams* instance = new Streams;
    return *instance;
}

constexpr std::uintptr_t LEGACY = 1, PER_THREAD = 2;

CUresult create(CUstream* handle, unsigned flags, int priority)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            require(handle != nullptr && flags <= CU_STREAM_NON_BLOCKING);
            const std::shared_ptr<Stream> stream = std::make_shared<Stream>(context, flags, priority);
            stream->handle = static_cast<CUstream>(streams().table.add(stream));
            *handle = stream->handle;
        });
}

CUresult capture_info(CUstream handle, CUstreamCaptureStatus* status, std::uint64_t* id)
{
    return driver_call(
        [&]
        {
            require(status != nullptr);
            *status = capture_status(*find_stream(handle), id);
        });
}
}  // namespace

std::shared_ptr<Stream> find_stream(CUstream handle)
{
    const std::shared_ptr<Context> context = current_context();
    if (reinterpret_cast<std::uintptr_t>(handle) <= PER_THREAD)
    {
        if (reinterpret_cast<std::uintptr_t>(handle) <= LEGACY) refuse_legacy_during_capture(*context);
        return context->default_stream;
    }
    std::shared_ptr<Stream> stream = streams().table.find(handle);
    require(stream->context == context, CUDA_ERROR_INVALID_CONTEXT);
    return stream;
}

void for_each_stream(const std::function<void(Stream&)>& body)
{
    streams().table.remove_if(
        [&](Stream& stream)
        {
            body(stream);
            return false;
        });
}

std::uint64_t enqueue(Stream& stream, Command command)
{
    command.context = stream.context;
    if (const std::shared_ptr<Capture> capture = stream.active_capture())
    {
        record(*capture, stream, std::move(command));
        return 0;
    }
    const std::uint64_t ticket = submit(std::move(command));
    std::uint64_t last = stream.last_ticket.load();
    while (last < ticket && !stream.last_ticket.compare_exchange_weak(last, ticket)) continue;
    return ticket;
}

void run_and_wait(const std::shared_ptr<Context>& context, Command command)
{
    refuse_during_capture(*context);
    refuse_legacy_during_capture(*context);
    wait_for(enqueue(*context->default_stream, std::move(command)));
    current_context();  // what failed meanwhile
}

void release_streams_of(const Context& context) noexcept
{
    release_events_of(context);
    streams().table.remove_if([&](const Stream& stream) { return stream.context.get() == &context; });
}
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuStreamCreate(CUstream* handle, unsigned flags) { return create(handle, flags, 0); }

DITTO_API CUresult cuStreamCreateWithPriority(CUstream* handle, unsigned flags, int priority)
{
    return create(handle, flags, priority);
}

DITTO_API CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest)
{
    return driver_call(
        [&]
        {
            current_context();
            if (least != nullptr) *least = 0;  // commands run in the order of submission, so priorities have no meaning
            if (greatest != nullptr) *greatest = 0;
        });
}

DITTO_API CUresult cuStreamDestroy_v2(CUstream handle)
{
    return driver_call(
        [&]
        {
            require(reinterpret_cast<std::uintptr_t>(handle) > PER_THREAD, CUDA_ERROR_INVALID_HANDLE);
            const std::shared_ptr<Stream> stream = streams().table.remove(handle);
            const std::shared_ptr<Capture> capture = stream->active_capture();
            if (capture != nullptr && capture->origin == stream.get()) drop_capture(capture);
        });
}

DITTO_API CUresult cuStreamSynchronize(CUstream handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Stream> stream = find_stream(handle);
            refuse_capturing(*stream);
            wait_for(stream->last_ticket.load());
            current_context();  // what failed meanwhile
        });
}

DITTO_API CUresult cuStreamQuery(CUstream handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Stream> stream = find_stream(handle);
            refuse_capturing(*stream);
            require(is_done(stream->last_ticket.load()), CUDA_ERROR_NOT_READY);
            current_context();
        });
}

DITTO_API CUresult cuStreamWaitEvent(CUstream handle, CUevent event_handle, unsigned flags)
{
    return driver_call(
        [&]
        {
            require(flags <= 1);
            const std::shared_ptr<Stream> stream = find_stream(handle);
            // Outside of a capture there is nothing to do: commands run in the order of submission, the event's before later
            // ones.
            wait_captured(*stream, *find_event(event_handle));
        });
}

DITTO_API CUresult cuStreamGetCtx(CUstream handle, CUcontext* context)
{
    return driver_call(
        [&]
        {
            require(context != nullptr);
            *context = find_stream(handle)->context->handle;
        });
}

DITTO_API CUresult cuStreamGetFlags(CUstream handle, unsigned* flags)
{
    return driver_call(
        [&]
        {
            require(flags != nullptr);
            *flags = find_stream(handle)->flags;
        });
}

DITTO_API CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode)
{
    return driver_call([&] { begin_capture(*find_stream(handle), mode); });
}

DITTO_API CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph)
{
    return driver_call(
        [&]
        {
            require(graph != nullptr);
            *graph = nullptr;
            *graph = static_cast<CUgraph>(add_graph(end_capture(*find_stream(handle))));
        });
}

DITTO_API CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status)
{
    return capture_info(handle, status, nullptr);
}

// The graph is not handed out before the capture ends, which CUDA allows callers to ask for but not to rely on.
DITTO_API CUresult cuStreamGetCaptureInfo_v2(CUstream handle, CUstreamCaptureStatus* status, std::uint64_t* id, CUgraph* graph,
                                             const CUgraphNode** dependencies, std::size_t* dependency_count)
{
    if (graph != nullptr) *graph = nullptr;
    if (dependencies != nullptr) *dependencies = nullptr;
    if (dependency_count != nullptr) *dependency_count = 0;
    return capture_info(handle, status, id);
}
