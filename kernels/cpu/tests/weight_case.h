// weight_case.h: a product whose weights are looked at
#pragma once

#include "product_case.h"

// y (rows, columns) = x w^T, where the weights may be of any bits at all.
struct Weights
{
    Weights(int m, int n, int k, Type t, bool mark = true)
        : rows(m),
          columns(n),
          depth(k),
          type(t),
          x(static_cast<std::size_t>(m) * static_cast<std::size_t>(k), t),
          w(static_cast<std::size_t>(n) * static_cast<std::size_t>(k), t),
          y(static_cast<std::size_t>(m) * static_cast<std::size_t>(n), t)
    {
        x.fill(1), w.fill(2);
        if (mark) w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
    }

    // The product's bits.
    std::vector<unsigned char> product(bool w_transposed = false)
    {
        const Case c{rows, columns, depth, 1, type, type, false, false, false, true, false, w_transposed};
        NEED(cuMemsetD8_v2(y.device, 0x55, y.bytes()));
        Plan(c).run(w.device, x.device, 0, y.device, 0, false);
        return stored(y);
    }

    static std::vector<unsigned char> stored(const Buffer& buffer, std::size_t offset = 0, std::size_t bytes = 0)
    {
        std::vector<unsigned char> result(bytes == 0 ? buffer.bytes() - offset : bytes);
        NEED(cuMemcpyDtoH_v2(result.data(), buffer.device + offset, result.size()));
        return result;
    }

    int rows, columns, depth;
    Type type;
    Buffer x, w, y;
};
