// driver_context.cpp: primary and private contexts, and each thread's stack of current ones
#include <array>
#include <cstdio>
#include <mutex>
#include <vector>

#include "context.h"
#include "driver_error.h"
#include "executor.h"
#include "handles.h"
#include "memory.h"
#include "stream.h"

namespace ditto
{
namespace
{
struct Primary
{
    std::shared_ptr<Context> context;
    unsigned users = 0, flags = 0;
};

struct Contexts
{
    HandleTable<Context> table{0x11};
    std::mutex mutex;
    std::array<Primary, 4> primary;  // (devices)
};

Contexts& contexts()
{
    static Contexts* instance = new Contexts;
    return *instance;
}

thread_local std::vector<std::shared_ptr<Context>> current_stack;

std::shared_ptr<Context> make_context(CUdevice device, unsigned flags, bool is_primary)
{
    std::shared_ptr<Context> context = std::make_shared<Context>();
    context->device = device;
    context->isa = device_isa(device);
    context->flags = flags;
    context->is_primary = is_primary;
    context->default_stream = std::make_shared<Stream>(context);
    context->handle = static_cast<CUcontext>(contexts().table.add(context));
    return context;
}

void end_context(const std::shared_ptr<Context>& context)
{
    wait_for_all();
    context->alive.store(false);
    release_graphs_of(*context);
    release_streams_of(*context);
    release_modules_of(*context);
    free_memory_of(context->handle);
    context->default_stream.reset();
    contexts().table.remove(context->handle);
}

Primary& primary_of(CUdevice device)
{
    device_isa(device);
    return contexts().primary[static_cast<std::size_t>(device)];
}

void require_flags(unsigned flags) { require((flags & ~0xffu) == 0 && (flags & 7u) != 3 && (flags & 7u) < 5); }
}  // namespace

std::shared_ptr<Context> current_context()
{
    require(!current_stack.empty() && current_stack.back() != nullptr, CUDA_ERROR_INVALID_CONTEXT);
    const std::shared_ptr<Context>& context = current_stack.back();
    require(context->alive.load(), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    const int failure = context->failure.load();
    require(failure == CUDA_SUCCESS, static_cast<CUresult>(failure));
    return context;
}

std::shared_ptr<Context> find_context(CUcontext handle) { return contexts().table.find(handle, CUDA_ERROR_INVALID_CONTEXT); }
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuDevicePrimaryCtxRetain(CUcontext* handle, CUdevice device)
{
    return driver_call(
        [&]
        {
            require(handle != nullptr);
            Primary& primary = primary_of(device);
            std::lock_guard lock(contexts().mutex);
            if (primary.context == nullptr) primary.context = make_context(device, primary.flags, true);
            ++primary.users;
            *handle = primary.context->handle;
        });
}

DITTO_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device)
{
    return driver_call(
        [&]
        {
            Primary& primary = primary_of(device);
            std::lock_guard lock(contexts().mutex);
            require(primary.users > 0, CUDA_ERROR_INVALID_CONTEXT);
            if (--primary.users > 0) return;
            end_context(primary.context);
            primary.context.reset();
        });
}

DITTO_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device)
{
    return driver_call(
        [&]
        {
            Primary& primary = primary_of(device);
            std::lock_guard lock(contexts().mutex);
            if (primary.context == nullptr) return;
            end_context(primary.context);
            primary = Primary{nullptr, 0, primary.flags};
        });
}

DITTO_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags)
{
    return driver_call(
        [&]
        {
            require_flags(flags);
            Primary& primary = primary_of(device);
            std::lock_guard lock(contexts().mutex);
            primary.flags = flags;
            if (primary.context != nullptr) primary.context->flags = flags;
        });
}

DITTO_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active)
{
    return driver_call(
        [&]
        {
            require(flags != nullptr && active != nullptr);
            const Primary& primary = primary_of(device);
            std::lock_guard lock(contexts().mutex);
            *flags = primary.flags;
            *active = primary.context != nullptr ? 1 : 0;
        });
}

DITTO_API CUresult cuCtxCreate_v2(CUcontext* handle, unsigned flags, CUdevice device)
{
    return driver_call(
        [&]
        {
            require(handle != nullptr);
            require_flags(flags);
            const std::shared_ptr<Context> context = make_context(device, flags, false);
            current_stack.push_back(context);
            *handle = context->handle;
        });
}

DITTO_API CUresult cuCtxDestroy_v2(CUcontext handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = find_context(handle);
            require(!context->is_primary, CUDA_ERROR_INVALID_CONTEXT);
            end_context(context);
            if (!current_stack.empty() && current_stack.back() == context) current_stack.pop_back();
        });
}

DITTO_API CUresult cuCtxSetCurrent(CUcontext handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = handle == nullptr ? nullptr : find_context(handle);
            if (!current_stack.empty()) current_stack.pop_back();
            if (context != nullptr) current_stack.push_back(context);
        });
}

DITTO_API CUresult cuCtxGetCurrent(CUcontext* handle)
{
    return driver_call(
        [&]
        {
            require(handle != nullptr);
            *handle = current_stack.empty() ? nullptr : current_stack.back()->handle;
        });
}

DITTO_API CUresult cuCtxPushCurrent_v2(CUcontext handle)
{
    return driver_call([&] { current_stack.push_back(find_context(handle)); });
}

DITTO_API CUresult cuCtxPopCurrent_v2(CUcontext* handle)
{
    return driver_call(
        [&]
        {
            require(!current_stack.empty(), CUDA_ERROR_INVALID_CONTEXT);
            if (handle != nullptr) *handle = current_stack.back()->handle;
            current_stack.pop_back();
        });
}

DITTO_API CUresult cuCtxGetDevice(CUdevice* device)
{
    return driver_call(
        [&]
        {
            require(device != nullptr);
            *device = current_context()->device;
        });
}

DITTO_API CUresult cuCtxGetFlags(unsigned* flags)
{
    return driver_call(
        [&]
        {
            require(flags != nullptr);
            *flags = current_context()->flags;
        });
}

DITTO_API CUresult cuCtxGetApiVersion(CUcontext handle, unsigned* version)
{
    return driver_call(
        [&]
        {
            require(version != nullptr);
            if (handle == nullptr)
                current_context();
            else
                find_context(handle);
            *version = 3020;
        });
}

// What ended the calling thread's current context: the failed command and the reason, cut to the capacity; empty where none did.
DITTO_API void dittoCpuGetFailureText(char* text, int capacity)
{
    if (text == nullptr || capacity < 1) return;
    const bool failed =
        !current_stack.empty() && current_stack.back() != nullptr && current_stack.back()->failure.load() != CUDA_SUCCESS;
    std::snprintf(text, static_cast<std::size_t>(capacity), "%s", failed ? current_stack.back()->failure_text.data() : "");
}

DITTO_API CUresult cuCtxSynchronize()
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            refuse_during_capture(*context);
            wait_for_all();
            current_context();  // what failed meanwhile
        });
}
