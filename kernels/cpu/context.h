// context.h: a context is a device (an ISA level), its default stream, and the failure that ended it, if any
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "abi.h"
#include "isa.h"

namespace ditto
{
struct Stream;

struct Context
{
    CUdevice device = 0;
    Isa isa = Isa::v2;
    bool is_primary = false;
    unsigned flags = 0;
    CUcontext handle = nullptr;
    std::shared_ptr<Stream> default_stream;
    std::atomic<bool> alive{true};
    std::atomic<int> failure{CUDA_SUCCESS};  // sticky: every later call returns it
    std::array<char, 256> failure_text{};    // which command failed and why; written once, before failure
};

// The calling thread's current context. Throws INVALID_CONTEXT where there is none, CONTEXT_IS_DESTROYED where it has ended, and
// a sticky failure's own code.
std::shared_ptr<Context> current_context();

// Throws INVALID_CONTEXT for what is no living context.
std::shared_ptr<Context> find_context(CUcontext handle);

Isa device_isa(CUdevice device);  // throws INVALID_DEVICE

// Ends all that belongs to a context: streams, events, modules, graphs, memory. Its work must be done.
void release_modules_of(const Context& context) noexcept;
void release_streams_of(const Context& context) noexcept;
void release_graphs_of(const Context& context) noexcept;
}  // namespace ditto
