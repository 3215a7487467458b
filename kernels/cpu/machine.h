// machine.h: what this machine and this container have to give
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ditto
{
// The value of an environment variable, or nothing. The library reads each once and early, so that it may be kept.
std::string_view variable(const char* name);

// DITTO_CPU_THREADS where set, else the physical cores in the affinity mask, at most the container's CPU quota; at least 1.
int usable_cores();

// Bytes of memory: the machine's, or the container's limit where that is less; and what is free of it now.
std::size_t total_memory();
std::size_t available_memory();

std::string processor_name();
int clock_rate_khz();
std::size_t cache_size(int level);
}  // namespace ditto
