// command.h: one piece of work on a stream, as it waits in the queue or in a graph: plain values, nothing of the caller's stack
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

#include "abi.h"
#include "kernel_table.h"
#include "memory.h"
#include "product.h"

namespace ditto
{
struct Context;
struct Event;
struct Command;

struct KernelLaunch
{
    const KernelEntry* kernel;
    Grid grid;
    alignas(16) std::array<unsigned char, MAX_ARGUMENT_BYTES> arguments;
};

struct Copy
{
    void* destination;
    const void* source;  // null: the staged bytes
    std::size_t bytes;
    std::array<unsigned char, MAX_ARGUMENT_BYTES> staged;
};

struct Fill
{
    void* destination;
    std::size_t count;  // elements
    unsigned width;     // bytes of an element: 1, 2 or 4
    unsigned value;
};

struct HostCall
{
    CUhostFn function;
    void* user_data;
};

// Marks a range read-mostly, or no longer so.
struct Advice
{
    MemoryRange range;
    bool on;
};

struct EventMark
{
    std::shared_ptr<Event> event;
};

struct Replay
{
    std::shared_ptr<const std::vector<Command>> commands;
};

struct Command
{
    std::shared_ptr<Context> context;
    std::variant<std::monostate, KernelLaunch, Copy, Fill, HostCall, Advice, EventMark, Product, Replay> work;

    bool is_node() const { return !std::holds_alternative<EventMark>(work); }  // in a graph
};

CUgraphNodeType node_type(const Command& command);

// Does the work on this thread, which must be the executor's.
void run_command(const Command& command);

// What the command that failed last on this thread was, for example "kernel silu<float>, grid 1x1x1"; of a graph, its node.
// NOLINTNEXTLINE(bugprone-exception-escape): as in command.cpp
void describe_running(char* text, std::size_t capacity) noexcept;
}  // namespace ditto
