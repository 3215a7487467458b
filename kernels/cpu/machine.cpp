// machine.cpp: reads /proc, /sys and the cgroup files; what cannot be read is taken as unlimited
#include "machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <thread>
#include <utility>

#include "threads.h"

namespace ditto
{
namespace
{
constexpr std::size_t UNLIMITED = std::numeric_limits<std::size_t>::max();

// The number a file begins with; "max", a missing file or anything else is UNLIMITED.
std::size_t number_in(const std::string& path)
{
    std::ifstream file(path);
    std::size_t value = 0;
    return file >> value ? value : UNLIMITED;
}

// The number after a key such as "MemAvailable:" in a file of lines.
std::size_t number_after(const std::string& path, const char* key)
{
    std::ifstream file(path);
    std::string word;
    for (std::size_t value = 0; file >> word;)
        if (word == key && file >> value) return value;
    return UNLIMITED;
}

double cpu_quota()
{
    std::ifstream unified("/sys/fs/cgroup/cpu.max");
    double quota = 0, period = 0;
    if (unified >> quota >> period && quota > 0 && period > 0) return quota / period;
    const std::size_t q = number_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), p = number_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    const bool limited = q != UNLIMITED && p != UNLIMITED && q > 0 && p > 0 && q < UNLIMITED / 2;
    return limited ? static_cast<double>(q) / static_cast<double>(p) : std::numeric_limits<double>::infinity();
}

int physical_cores()
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    std::set<std::pair<std::size_t, std::size_t>> cores;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    {
        if (!CPU_ISSET(cpu, &mask)) continue;
        const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
        const std::size_t core = number_in(topology + "core_id");
        cores.emplace(number_in(topology + "physical_package_id"), core == UNLIMITED ? static_cast<std::size_t>(cpu) : core);
    }
    return std::max<int>(1, static_cast<int>(cores.size()));
}

struct MemoryLimit
{
    std::size_t limit, used;
};

MemoryLimit container_memory()
{
    const std::size_t limit = number_in("/sys/fs/cgroup/memory.max");
    if (limit != UNLIMITED)
    {
        const std::size_t current = number_in("/sys/fs/cgroup/memory.current");
        const std::size_t reclaimable = number_after("/sys/fs/cgroup/memory.stat", "inactive_file");
        const std::size_t used = current == UNLIMITED ? 0 : current;
        return {limit, used - std::min(used, reclaimable == UNLIMITED ? 0 : reclaimable)};
    }
    const std::size_t used = number_in("/sys/fs/cgroup/memory/memory.usage_in_bytes");
    return {number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"), used == UNLIMITED ? 0 : used};
}
}  // namespace

std::string_view variable(const char* name)
{
    const char* text = std::getenv(name);
    return text == nullptr ? std::string_view() : std::string_view(text);
}

int usable_cores()
{
    if (const char* text = std::getenv("DITTO_CPU_THREADS"))
    {
        char* end = nullptr;
        const long wanted = std::strtol(text, &end, 10);
        if (end != text && *end == '\0' && wanted >= 1) return static_cast<int>(std::min<long>(wanted, MAX_THREADS));
    }
    const double quota = std::ceil(cpu_quota());
    const int cores = physical_cores();
    return std::clamp(quota < cores ? static_cast<int>(quota) : cores, 1, MAX_THREADS);
}

std::size_t total_memory()
{
    const std::size_t machine =
        static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return std::min(machine, container_memory().limit);
}

std::size_t available_memory()
{
    const std::size_t kilobytes = number_after("/proc/meminfo", "MemAvailable:");
    const std::size_t machine = kilobytes == UNLIMITED ? total_memory() : kilobytes * 1024;
    const MemoryLimit container = container_memory();
    return container.limit == UNLIMITED ? machine
                                        : std::min(machine, container.limit - std::min(container.limit, container.used));
}

std::string processor_name()
{
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
    {
        const std::size_t colon = line.find(':');
        if (line.starts_with("model name") && colon + 2 < line.size()) return line.substr(colon + 2);
    }
    return "x86-64 processor";
}

int clock_rate_khz()
{
    const std::size_t listed = number_in("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
    if (listed != UNLIMITED) return static_cast<int>(listed);
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("cpu MHz")) return static_cast<int>(1000 * std::atof(line.c_str() + line.find(':') + 1));
    return 0;
}

std::size_t cache_size(int level)
{
    const long size = sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : level == 2 ? _SC_LEVEL2_CACHE_SIZE : _SC_LEVEL3_CACHE_SIZE);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}
}  // namespace ditto
