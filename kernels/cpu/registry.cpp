// registry.cpp: one map for each level over the tables that the kernel files export
#include "registry.h"

#include <functional>
#include <map>
#include <string>

#include "fingerprint.h"

namespace ditto
{
#define DITTO_TABLES(isa)                         \
    namespace isa                                 \
    {                                             \
    extern const KernelTable transformer_kernels; \
    extern const KernelTable sampling_kernels;    \
    extern const KernelTable attention_kernels;   \
    }
DITTO_TABLES(v2)
DITTO_TABLES(v3)
DITTO_TABLES(v4)
#undef DITTO_TABLES

namespace
{
using KernelMap = std::map<std::string, const KernelEntry*, std::less<>>;

KernelMap* map_of(std::initializer_list<const KernelTable*> tables)
{
    KernelMap* map = new KernelMap;
    for (const KernelTable* table : tables)
        for (int i = 0; i < table->count; ++i)  // the macro keeps the spaces of its line; the key does not
            map->emplace(normalised_name(table->entries[i].name), &table->entries[i]);
    return map;
}

const KernelMap& kernels(Isa isa)
{
    static const KernelMap* maps[] = {
        map_of({&v2::transformer_kernels, &v2::sampling_kernels, &v2::attention_kernels}),
        map_of({&v3::transformer_kernels, &v3::sampling_kernels, &v3::attention_kernels}),
        map_of({&v4::transformer_kernels, &v4::sampling_kernels, &v4::attention_kernels}),
    };
    return *maps[isa == Isa::v2 ? 0 : isa == Isa::v3 ? 1 : 2];
}
}  // namespace

std::string normalised_name(std::string_view expression)
{
    std::string name;
    for (const char c : expression)
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') name.push_back(c);
    return name;
}

const KernelEntry* find_kernel(Isa isa, std::string_view name)
{
    const KernelMap& map = kernels(isa);
    const auto found = map.find(name);
    return found == map.end() ? nullptr : found->second;
}

std::vector<std::string_view> instantiations_of(std::string_view name)
{
    const std::string_view stem = name.substr(0, name.find('<'));
    std::vector<std::string_view> found;
    for (const auto& [key, entry] : kernels(Isa::v2))
        if (std::string_view(key).substr(0, key.find('<')) == stem) found.push_back(key);
    return found;
}

unsigned long long registry_fingerprint()
{
    static const unsigned long long value = []
    {
        unsigned long long sum = 0;
        for (const auto& [key, entry] : kernels(Isa::v2))
            sum += fingerprint(entry->sizes, sizeof(unsigned short) * static_cast<std::size_t>(entry->parameter_count),
                               fingerprint(key.data(), key.size()));
        return sum;
    }();
    return value;
}
}  // namespace ditto
