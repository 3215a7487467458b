// add_label_embedding: y[b] = x[b] + table[labels[b]]
// shapes:  x, y (batch, dim) T; table (labels, dim) T; labels (batch) int, each a row of the table (a host's duty); y may be x
// launch:  grid.x any (samples are block-strided), block.x any
// traffic: 3 * sizeof(T) bytes per element
// source:  Peebles & Xie 2022, Scalable Diffusion Models with Transformers, arXiv:2212.09748 (class conditioning)
#include "../common/device.cuh"

template <typename T>
__global__ void add_label_embedding(T* y, const T* x, const T* __restrict__ table, const int* __restrict__ labels, int batch,
                                    int dim)
{
    for (int b = blockIdx.x; b < batch; b += gridDim.x)
    {
        const int64 row = (int64)b * dim;
        const T* embedding = table + (int64)labels[b] * dim;  // (dim)
        for (int c = threadIdx.x; c < dim; c += blockDim.x)
            y[row + c] = from_float<T>(to_float(x[row + c]) + to_float(embedding[c]));
    }
}
