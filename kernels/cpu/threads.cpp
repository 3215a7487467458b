// threads.cpp: a pool of workers that take tasks from one counter
//
// Not an OpenMP team: a team's barrier waits for every member, so where other programs share the cores each parallel region costs
// a time slice (measured on 2 busy cores: products of 450 GFLOP/s fell below 20). Here the caller ends when the tasks are done.
#include "threads.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "machine.h"

namespace ditto
{
namespace
{
constexpr int SPINS = 2000;  // pauses before a worker sleeps, about 50 us: kernels of one step follow each other more closely

// One job at a time. A job is open while generation is odd. A worker enters `inside` before it looks at the job, and the caller
// closes the job and waits for `inside` to empty before it lets go of it: so no worker ever sees a job that has ended.
class WorkerPool
{
   public:
    explicit WorkerPool(int count) : count_(count) {}

    int count() const { return count_.load(std::memory_order_relaxed); }

    void set_count(int count)
    {
        std::lock_guard lock(caller_);
        count_.store(std::clamp(count, 1, MAX_THREADS), std::memory_order_relaxed);
    }

    void run(std::int64_t tasks, void (*body)(void*, std::int64_t, int), void* state)
    {
        if (tasks <= 0) return;
        std::lock_guard lock(caller_);
        const int workers = static_cast<int>(std::min<std::int64_t>(count(), tasks));
        if (workers == 1)
        {
            for (std::int64_t task = 0; task < tasks; ++task) body(state, task, 0);
            return;
        }
        start_threads(workers - 1);
        tasks_ = tasks;
        body_ = body;
        state_ = state;
        workers_ = workers;
        next_.store(0, std::memory_order_relaxed);
        generation_.fetch_add(1, std::memory_order_seq_cst);
        generation_.notify_all();
        take_tasks(0);
        generation_.fetch_add(1, std::memory_order_seq_cst);
        while (inside_.load(std::memory_order_seq_cst) != 0) __builtin_ia32_pause();
    }

   private:
    void take_tasks(int worker)
    {
        for (std::int64_t task = next_.fetch_add(1, std::memory_order_relaxed); task < tasks_;
             task = next_.fetch_add(1, std::memory_order_relaxed))
            body_(state_, task, worker);
    }

    void start_threads(int wanted)
    {
        if (started_ >= wanted) return;
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  // signals belong to the host program's threads
        for (; started_ < wanted; ++started_) std::thread([this, worker = started_ + 1] { work(worker); }).detach();
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    [[noreturn]] void work(int worker)
    {
        omp_set_num_threads(1);  // oneDNN runs inside a worker: no teams of its own
        int seen = 0;
        for (;;)
        {
            seen = wait_for_job(seen);
            inside_.fetch_add(1, std::memory_order_seq_cst);
            if (generation_.load(std::memory_order_seq_cst) == seen && worker < workers_) take_tasks(worker);
            inside_.fetch_sub(1, std::memory_order_seq_cst);
        }
    }

    // Returns the generation of an open job other than `seen`.
    int wait_for_job(int seen)
    {
        for (;;)
        {
            int now = generation_.load(std::memory_order_acquire);
            for (int spin = 0; spin < SPINS && (now == seen || now % 2 == 0); ++spin)
            {
                __builtin_ia32_pause();
                now = generation_.load(std::memory_order_acquire);
            }
            if (now != seen && now % 2 != 0) return now;
            generation_.wait(now, std::memory_order_acquire);
        }
    }

    std::mutex caller_;
    std::atomic<int> count_;
    int started_ = 0;
    std::int64_t tasks_ = 0;
    void (*body_)(void*, std::int64_t, int) = nullptr;
    void* state_ = nullptr;
    int workers_ = 1;
    alignas(64) std::atomic<std::int64_t> next_{0};
    alignas(64) std::atomic<int> generation_{0};
    alignas(64) std::atomic<int> inside_{0};
};

WorkerPool& pool()
{
    static WorkerPool* instance = new WorkerPool(usable_cores());  // never destroyed: its threads outlive main
    return *instance;
}
}  // namespace

int thread_count() { return pool().count(); }
void set_thread_count(int count) { pool().set_count(count); }
void run_tasks(std::int64_t tasks, void (*body)(void*, std::int64_t, int), void* state) { pool().run(tasks, body, state); }
}  // namespace ditto
