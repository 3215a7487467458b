// driver_entry.cpp: cuGetProcAddress, and the calls of the CPU device's own
#include <dlfcn.h>

#include <array>
#include <string>
#include <string_view>

#include "driver_error.h"
#include "executor.h"
#include "isa.h"
#include "threads.h"

namespace ditto
{
namespace
{
// This library, as the loader knows it.
void* own_library()
{
    static void* library = []() -> void*
    {
        Dl_info info;
        if (dladdr(reinterpret_cast<void*>(&is_initialised), &info) == 0) return nullptr;
        return dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    }();
    return library;
}

void* find_entry(std::string_view name)
{
    if (!name.starts_with("cu") || own_library() == nullptr) return nullptr;
    const std::string plain(name == "cuGraphInstantiate" ? "cuGraphInstantiateWithFlags" : name);
    for (const char* suffix : {"_v2", ""})  // the newest form that this device has
        if (void* entry = dlsym(own_library(), (plain + suffix).c_str())) return entry;
    return nullptr;
}
}  // namespace
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuGetProcAddress_v2(const char* name, void** entry, int, std::uint64_t flags, int* status)
{
    constexpr int FOUND = 0, SYMBOL_NOT_FOUND = 1;
    if (name == nullptr || entry == nullptr || flags > 2) return CUDA_ERROR_INVALID_VALUE;
    *entry = find_entry(name);
    if (status != nullptr) *status = *entry == nullptr ? SYMBOL_NOT_FOUND : FOUND;
    return *entry == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
}

// Worker threads of all CPU devices of this process, once the commands before are done; the range is 1..256.
DITTO_API void dittoCpuSetThreadCount(int count)
{
    // By the executor, so that the number never changes within a command.
    HostCall call{[](void* wanted) { set_thread_count(*static_cast<int*>(wanted)); }, &count};
    try
    {
        wait_for(submit(Command{nullptr, call}));
    }
    catch (...)
    {
        // No thread for the executor: then nothing runs, with however many workers.
    }
}
DITTO_API int dittoCpuGetThreadCount() { return thread_count(); }

// The ISA level of a device, for example "x86-64-v4"; null for what is no device.
DITTO_API const char* dittoCpuGetIsaName(int ordinal)
{
    const std::vector<Isa>& devices = isa_devices();
    return ordinal < 0 || ordinal >= static_cast<int>(devices.size()) ? nullptr
                                                                      : isa_name(devices[static_cast<std::size_t>(ordinal)]);
}
