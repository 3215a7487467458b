// handles.h: opaque handles that stay invalid once their object is gone: a stale one gives an error, not a crash
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "driver_error.h"

namespace ditto
{
// Values are never used twice and carry a tag in the low byte, so a stream is no event either. Tables live as long as the
// process.
template <typename T>
class HandleTable
{
   public:
    explicit HandleTable(unsigned char tag) : tag_(tag) {}

    void* add(std::shared_ptr<T> object)
    {
        const std::uintptr_t value = (next_.fetch_add(1, std::memory_order_relaxed) << 8) | tag_;
        std::unique_lock lock(mutex_);
        objects_.emplace(value, std::move(object));
        return reinterpret_cast<void*>(value);
    }
    std::shared_ptr<T> try_find(const void* handle) const
    {
        std::shared_lock lock(mutex_);
        const auto found = objects_.find(reinterpret_cast<std::uintptr_t>(handle));
        return found == objects_.end() ? nullptr : found->second;
    }
    std::shared_ptr<T> find(const void* handle, CUresult otherwise = CUDA_ERROR_INVALID_HANDLE) const
    {
        std::shared_ptr<T> object = try_find(handle);
        require(object != nullptr, otherwise);
        return object;
    }
    std::shared_ptr<T> remove(const void* handle, CUresult otherwise = CUDA_ERROR_INVALID_HANDLE)
    {
        std::unique_lock lock(mutex_);
        const auto found = objects_.find(reinterpret_cast<std::uintptr_t>(handle));
        require(found != objects_.end(), otherwise);
        std::shared_ptr<T> object = std::move(found->second);
        objects_.erase(found);
        return object;
    }
    template <typename Predicate>
    void remove_if(Predicate&& predicate)
    {
        std::vector<std::shared_ptr<T>> removed;  // destroyed after the lock is gone
        std::unique_lock lock(mutex_);
        for (auto entry = objects_.begin(); entry != objects_.end();)
        {
            if (!predicate(*entry->second))
            {
                ++entry;
                continue;
            }
            removed.push_back(std::move(entry->second));
            entry = objects_.erase(entry);
        }
        lock.unlock();
    }

   private:
    const unsigned char tag_;
    std::atomic<std::uintptr_t> next_{0x1000};
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::uintptr_t, std::shared_ptr<T>> objects_;
};
}  // namespace ditto
