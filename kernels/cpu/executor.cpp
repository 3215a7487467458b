// executor.cpp: a ring of commands between the callers and the executor thread
#include "executor.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "context.h"

namespace ditto
{
namespace
{
constexpr std::uint64_t CAPACITY = 32, NEVER = ~std::uint64_t{0};
constexpr int SPINS = 1000;  // pauses before the executor sleeps: a host that submits step by step comes back within that time

class Executor
{
   public:
    Executor()
    {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  // signals belong to the host program's threads
        std::thread([this] { work(); }).detach();
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    std::uint64_t submit(Command&& command)
    {
        std::unique_lock lock(mutex_);
        if (pending() >= CAPACITY)
        {
            // Until half of it is free: a caller that came back for each free place would be switched to and from at each
            // command.
            ++held_back_;
            has_room_.wait(lock, [&] { return pending() <= CAPACITY / 2; });
            --held_back_;
        }
        const std::uint64_t ticket = submitted_.load(std::memory_order_relaxed) + 1;
        ring_[ticket % CAPACITY] = std::move(command);
        submitted_.store(ticket, std::memory_order_release);
        const bool wake = asleep_;
        lock.unlock();
        if (wake) has_work_.notify_one();
        return ticket;
    }

    bool is_done(std::uint64_t ticket) const { return done_.load(std::memory_order_acquire) >= ticket; }
    std::uint64_t last() const { return submitted_.load(std::memory_order_acquire); }

    void wait_for(std::uint64_t ticket)
    {
        if (is_done(ticket)) return;
        std::unique_lock lock(mutex_);
        while (!is_done(ticket))
        {
            wake_at_ = std::min(wake_at_, ticket);
            finished_.wait(lock);
        }
    }

   private:
    [[noreturn]] void work()
    {
        omp_set_num_threads(1);  // oneDNN runs on the tasks of parallel_for: no teams of its own
        for (std::uint64_t ticket = 1;; ++ticket)
        {
            wait_for_work(ticket);
            Command& command = ring_[ticket % CAPACITY];
            run_guarded(command);
            command = Command{};  // its references end before the host can learn that it is done
            std::lock_guard lock(mutex_);
            done_.store(ticket, std::memory_order_release);
            if (held_back_ > 0 && pending() <= CAPACITY / 2) has_room_.notify_all();
            if (ticket < wake_at_) continue;
            wake_at_ = NEVER;  // those who wait for a later one say so again
            finished_.notify_all();
        }
    }

    std::uint64_t pending() const { return submitted_.load(std::memory_order_relaxed) - done_.load(std::memory_order_acquire); }

    void wait_for_work(std::uint64_t ticket)
    {
        for (int spin = 0; spin < SPINS; ++spin)
        {
            if (last() >= ticket) return;
            __builtin_ia32_pause();
        }
        std::unique_lock lock(mutex_);
        asleep_ = true;
        has_work_.wait(lock, [&] { return last() >= ticket; });
        asleep_ = false;
    }

    // A failure ends its context, as a fault does on a GPU: later commands are dropped and later calls return the code.
    static void run_guarded(const Command& command)
    {
        if (command.context != nullptr && command.context->failure.load() != CUDA_SUCCESS) return;
        try
        {
            run_command(command);
        }
        catch (const std::bad_alloc&)
        {
            fail(command, CUDA_ERROR_OUT_OF_MEMORY, "no memory for its scratch");
        }
        catch (const std::exception& error)
        {
            fail(command, CUDA_ERROR_LAUNCH_FAILED, error.what());
        }
        catch (...)
        {
            fail(command, CUDA_ERROR_LAUNCH_FAILED, "an exception of unknown type");
        }
    }

    static void fail(const Command& command, CUresult code, const char* reason)
    {
        if (command.context == nullptr) return;
        std::array<char, 160> what;
        describe_running(what.data(), what.size());
        std::array<char, 256>& text = command.context->failure_text;
        std::snprintf(text.data(), text.size(), "%s: %s", what.data(), reason);
        command.context->failure.store(code);
    }

    std::mutex mutex_;
    std::condition_variable has_room_, has_work_, finished_;
    std::array<Command, CAPACITY> ring_;
    std::atomic<std::uint64_t> submitted_{0}, done_{0};
    int held_back_ = 0;
    std::uint64_t wake_at_ = NEVER;  // the first ticket that anyone waits for
    bool asleep_ = false;
};

Executor& executor()
{
    static Executor* instance = new Executor;  // never destroyed: its thread outlives main
    return *instance;
}
}  // namespace

std::uint64_t submit(Command command) { return executor().submit(std::move(command)); }
bool is_done(std::uint64_t ticket) { return executor().is_done(ticket); }
void wait_for(std::uint64_t ticket) { executor().wait_for(ticket); }
void wait_for_all() { executor().wait_for(executor().last()); }
}  // namespace ditto
