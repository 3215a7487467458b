// kernel_thunk.h: from a kernel's own type to an entry of the table: packed arguments are unpacked by its parameters' types
//
// Include inside the namespace of one ISA level, after device.cuh; no system header.
#pragma once

template <int... I>
struct Indices
{
};
template <int N>
using IndicesBelow = Indices<__integer_pack(N)...>;

template <typename... A>
struct ParameterLayout
{
    static constexpr int COUNT = sizeof...(A);
    unsigned short offsets[COUNT], sizes[COUNT];
    int bytes;

    constexpr ParameterLayout() : offsets{}, sizes{}, bytes(0)
    {
        constexpr int SIZES[] = {sizeof(A)...}, ALIGNMENTS[] = {alignof(A)...};
        for (int i = 0; i < COUNT; ++i)
        {
            bytes = (bytes + ALIGNMENTS[i] - 1) / ALIGNMENTS[i] * ALIGNMENTS[i];
            offsets[i] = (unsigned short)bytes;
            sizes[i] = (unsigned short)SIZES[i];
            bytes += SIZES[i];
        }
    }
};

template <typename A>
__forceinline__ A unpack(const unsigned char* arguments, int offset)
{
    A value;
    __builtin_memcpy(&value, arguments + offset, sizeof(A));
    return value;
}

template <auto KERNEL>
struct KernelThunk;
template <typename... A, void (*KERNEL)(A...)>
struct KernelThunk<KERNEL>
{
    static constexpr ParameterLayout<A...> LAYOUT{};
    static_assert(LAYOUT.bytes <= MAX_ARGUMENT_BYTES);

    template <int... I>
    static void call(const unsigned char* arguments, Indices<I...>)
    {
        KERNEL(unpack<A>(arguments, LAYOUT.offsets[I])...);
    }

    static void run(const unsigned char* arguments, Grid grid, long long first_block, long long last_block)
    {
        gridDim = {(int)grid.x, (int)grid.y, (int)grid.z};
        for (long long block = first_block; block < last_block; ++block)
        {
            const long long row = block / grid.x;
            blockIdx = {(int)(block % grid.x), (int)(row % grid.y), (int)(row / grid.y)};
            call(arguments, IndicesBelow<sizeof...(A)>());
        }
    }

    static constexpr KernelEntry entry(const char* name)
    {
        return {name, sizeof...(A), LAYOUT.bytes, LAYOUT.offsets, LAYOUT.sizes, run};
    }
};

#define DITTO_ENTRY(...) KernelThunk<&__VA_ARGS__>::entry(#__VA_ARGS__),
#define DITTO_ENTRIES(kernel) DITTO_ENTRY(kernel<float>) DITTO_ENTRY(kernel<bf16>) DITTO_ENTRY(kernel<fp16>)
