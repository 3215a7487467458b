// convert: y = x in another storage type, rounded to nearest even; values beyond the target's range become infinite
// shapes:  x (count) In, y (count) Out, each of float, bf16, fp16
// launch:  grid.x any (spans of SPAN elements are block-strided), block.x any; packs of 16 bytes where the pointers allow
// traffic: sizeof(In) + sizeof(Out) bytes per element
// source:  IEEE 754-2019, 5.4.2 (convertFormat)
#include "../common/device.cuh"

template <int N, typename Out, typename In>
__device__ __forceinline__ void convert_spans(Out* y, const In* x, int64 count)
{
    for (int64 span = blockIdx.x; span < span_count(count); span += gridDim.x)
    {
        const int64 start = span * SPAN;
        const int length = count - start < SPAN ? (int)(count - start) : SPAN;
        const auto step = [&](int i, int left) ALWAYS_INLINE
        {
            float v[N];
            load_floats(x + start + i, v, left);
            store_floats(y + start + i, v, left);
        };
        for_row<N>(length, step);
    }
}

template <typename Out, typename In>
__global__ void convert(Out* __restrict__ y, const In* __restrict__ x, int64 count)
{
    constexpr int N = PACK_WIDTH<Out> < PACK_WIDTH<In> ? PACK_WIDTH<Out> : PACK_WIDTH<In>;
    if (packs_fit<N>(count, y, x))
        convert_spans<N>(y, x, count);
    else
        convert_spans<1>(y, x, count);
}
