// kernel_table.h: what the compiled kernels show of themselves to the CPU device. Included both inside and outside of the
// namespaces of the ISA levels, so it uses no other header.
#pragma once

namespace ditto
{
struct Grid
{
    unsigned x, y, z;
};

// One instantiation. Arguments lie packed at their natural alignment, as in a C struct.
struct KernelEntry
{
    const char* name;  // the NVRTC name expression without spaces, as "convert<float,bf16>"
    int parameter_count;
    int argument_bytes;
    const unsigned short* offsets;                                                                        // (parameter_count)
    const unsigned short* sizes;                                                                          // (parameter_count)
    void (*run)(const unsigned char* arguments, Grid grid, long long first_block, long long last_block);  // blocks first..last-1
};

struct KernelTable
{
    const KernelEntry* entries;
    int count;
};

inline constexpr int MAX_ARGUMENT_BYTES = 512;
}  // namespace ditto
