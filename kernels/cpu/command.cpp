// command.cpp: what each kind of command does
#include "command.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "context.h"
#include "event.h"
#include "pages.h"
#include "weight_cache.h"
#include "threads.h"

namespace ditto
{
namespace
{
thread_local const Command* running = nullptr;  // for describe_running, which is called while the command is alive

constexpr std::size_t BYTES_PER_TASK = 256 << 10;  // of copies and fills: below this one thread is as fast

// A kernel's pointers are not marked as such: each word of an argument may be one.
void show_arguments(const KernelLaunch& launch)
{
    const KernelEntry& kernel = *launch.kernel;
    for (int i = 0; i < kernel.parameter_count; ++i)
        for (std::size_t at = 0; at + sizeof(std::uint64_t) <= kernel.sizes[i]; at += sizeof(std::uint64_t))
        {
            std::uint64_t word;
            std::memcpy(&word, launch.arguments.data() + kernel.offsets[i] + at, sizeof word);
            weight_cache().before_kernel(word);
        }
}

void run(const KernelLaunch& launch)
{
    show_arguments(launch);
    const std::int64_t blocks = static_cast<std::int64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
    // Large chunks keep the counter cheap, many a worker keep the workers level; which worker has which changes no result.
    const std::int64_t chunk = std::max<std::int64_t>(1, blocks / (std::int64_t{64} * thread_count()));
    parallel_for(
        (blocks + chunk - 1) / chunk, [&](std::int64_t task, int)
        { launch.kernel->run(launch.arguments.data(), launch.grid, task * chunk, std::min(blocks, (task + 1) * chunk)); });
}

// With a huge page for every thread, a task ends where one does: the first to write into a page has the system clear it, and of
// two threads that come at once both would.
template <typename Body>
void in_pieces(const void* to, std::size_t bytes, Body&& body)
{
    const bool large = bytes >= HUGE_PAGE * static_cast<std::size_t>(thread_count());
    const std::size_t unit = large ? HUGE_PAGE : BYTES_PER_TASK;
    const std::size_t before = large ? reinterpret_cast<std::uintptr_t>(to) % HUGE_PAGE : 0;  // of the first task's unit
    const std::int64_t tasks = static_cast<std::int64_t>((before + bytes + unit - 1) / unit);
    parallel_for(tasks,
                 [&](std::int64_t task, int)
                 {
                     const std::size_t start = static_cast<std::size_t>(task) * unit, first = std::max(start, before) - before;
                     body(first, std::min(start + unit - before, bytes) - first);
                 });
}

void run(const Copy& copy)
{
    unsigned char* to = static_cast<unsigned char*>(copy.destination);
    const unsigned char* from = copy.source == nullptr ? copy.staged.data() : static_cast<const unsigned char*>(copy.source);
    weight_cache().before_copy(from, copy.bytes);
    weight_cache().before_write(to, copy.bytes);
    if (to < from + copy.bytes && from < to + copy.bytes)
        std::memmove(to, from, copy.bytes);  // overlapping, which CUDA leaves undefined
    else
        in_pieces(to, copy.bytes, [&](std::size_t first, std::size_t bytes) { std::memcpy(to + first, from + first, bytes); });
}

template <typename T>
void fill(T* to, T value, std::size_t count)
{
    in_pieces(to, count * sizeof(T),
              [&](std::size_t first, std::size_t bytes) { std::fill_n(to + first / sizeof(T), bytes / sizeof(T), value); });
}

void run(const Fill& order)
{
    weight_cache().before_write(order.destination, order.count * order.width);
    switch (order.width)
    {
        case 1:
            return fill(static_cast<std::uint8_t*>(order.destination), static_cast<std::uint8_t>(order.value), order.count);
        case 2:
            return fill(static_cast<std::uint16_t*>(order.destination), static_cast<std::uint16_t>(order.value), order.count);
        default:
            return fill(static_cast<std::uint32_t*>(order.destination), static_cast<std::uint32_t>(order.value), order.count);
    }
}

void run(const HostCall& call) { call.function(call.user_data); }
void run(const Advice& advice)
{
    weight_cache().before_advice(advice.range);
    mark_read_mostly(advice.range, advice.on);
}
void run(const EventMark& mark) { mark.event->mark_now(); }
void run(const Product& product) { run_product(product); }

void run(const Replay& replay)
{
    for (const Command& command : *replay.commands) run_command(command);
}

void run(std::monostate) {}

struct Text
{
    char* text;
    std::size_t capacity;

    void operator()(const KernelLaunch& launch) const
    {
        std::snprintf(text, capacity, "kernel %s, grid %ux%ux%u", launch.kernel->name, launch.grid.x, launch.grid.y,
                      launch.grid.z);
    }
    void operator()(const Copy& copy) const { std::snprintf(text, capacity, "copy of %zu bytes", copy.bytes); }
    void operator()(const Fill& fill) const { std::snprintf(text, capacity, "fill of %zu bytes", fill.count * fill.width); }
    void operator()(const Product& product) const
    {
        std::snprintf(text, capacity, "matrix product %lld x (M %lld, N %lld, K %lld)", static_cast<long long>(product.batch),
                      static_cast<long long>(product.rows), static_cast<long long>(product.columns),
                      static_cast<long long>(product.depth));
    }
    void operator()(const Advice&) const { std::snprintf(text, capacity, "advice on memory"); }
    void operator()(const HostCall&) const { std::snprintf(text, capacity, "host function"); }
    void operator()(const EventMark&) const { std::snprintf(text, capacity, "event"); }
    void operator()(const Replay&) const { std::snprintf(text, capacity, "graph"); }
    void operator()(std::monostate) const { std::snprintf(text, capacity, "nothing"); }
};
}  // namespace

CUgraphNodeType node_type(const Command& command)
{
    if (std::holds_alternative<Copy>(command.work)) return CU_GRAPH_NODE_TYPE_MEMCPY;
    if (std::holds_alternative<Fill>(command.work)) return CU_GRAPH_NODE_TYPE_MEMSET;
    if (std::holds_alternative<HostCall>(command.work)) return CU_GRAPH_NODE_TYPE_HOST;
    if (std::holds_alternative<Replay>(command.work)) return CU_GRAPH_NODE_TYPE_GRAPH;
    return CU_GRAPH_NODE_TYPE_KERNEL;
}

void run_command(const Command& command)
{
    running = &command;
    std::visit([](const auto& work) { run(work); }, command.work);
}

// NOLINTNEXTLINE(bugprone-exception-escape): std::visit throws for a variant without value, and what is queued has one
void describe_running(char* text, std::size_t capacity) noexcept
{
    if (running == nullptr)
        std::snprintf(text, capacity, "unknown command");
    else
        std::visit(Text{text, capacity}, running->work);
}
}  // namespace ditto
