// threads.h: the worker threads, and the one place where work is spread over them
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <type_traits>

namespace ditto
{
// Worker threads at present: DITTO_CPU_THREADS, else the physical cores that affinity and the container's quota leave.
int thread_count();

// Takes effect with the next parallel_for; the range is 1..MAX_THREADS.
void set_thread_count(int count);
inline constexpr int MAX_THREADS = 256;

// Calls body(state, task, worker) for each task in 0..tasks-1; worker < thread_count() and each worker runs one task at a time.
// The caller is worker 0. Tasks are handed out as workers come free, so no result may depend on who runs what, or in which order.
// A caller never waits for a worker that has not begun: under load from other programs the work goes on with the threads that
// run. Bodies must not throw and must not call this again.
void run_tasks(std::int64_t tasks, void (*body)(void* state, std::int64_t task, int worker), void* state);

template <typename Body>
void parallel_for(std::int64_t tasks, Body&& body)
{
    using Plain = std::remove_reference_t<Body>;
    run_tasks(
        tasks, [](void* state, std::int64_t task, int worker) { (*static_cast<Plain*>(state))(task, worker); },
        const_cast<void*>(static_cast<const void*>(&body)));
}

// The same for bodies that may throw for want of memory, and then throws here.
template <typename Body>
void guarded_parallel_for(std::int64_t tasks, Body&& body)
{
    std::atomic<bool> failed{false};
    parallel_for(tasks,
                 [&](std::int64_t task, int worker)
                 {
                     try
                     {
                         body(task, worker);
                     }
                     catch (...)
                     {
                         failed.store(true);
                     }
                 });
    if (failed.load()) throw std::bad_alloc();
}
}  // namespace ditto
