// fingerprint.h: FNV-1a over bytes, to tell torn or foreign data from one's own (no protection against intent)
#pragma once

#include <cstddef>

namespace ditto
{
inline unsigned long long fingerprint(const void* data, std::size_t bytes, unsigned long long seed = 0xcbf29ce484222325ull)
{
    unsigned long long value = seed;
    for (std::size_t i = 0; i < bytes; ++i) value = (value ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3ull;
    return value;
}
}  // namespace ditto
