// product_test.cpp: cublasLtMatmul against sums in f64, and what must not change a bit of a row: rows beside it, threads, packing
#include <cmath>

#include "product_case.h"

namespace
{
double gelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

void check(const Case& c)
{
    const std::size_t rows = static_cast<std::size_t>(c.rows), columns = static_cast<std::size_t>(c.columns),
                      depth = static_cast<std::size_t>(c.depth), batch = static_cast<std::size_t>(c.batch);
    Buffer x(batch * rows * depth, c.inputs), w(batch * columns * depth, c.inputs), y(batch * rows * columns, c.output),
        residual(batch * rows * columns, c.output), bias(columns, c.output);
    x.fill(1), w.fill(2), residual.fill(3), bias.fill(4);
    if (c.constant) w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
    const Plan plan(c);
    plan.run(w.device, x.device, c.residual ? residual.device : 0, y.device, bias.device, c.bias);
    y.download();
    double worst = 0;
    for (std::size_t s = 0; s < batch; ++s)
        for (std::size_t r = 0; r < rows; r += 1 + rows / 37)
            for (std::size_t n = 0; n < columns; n += 1 + columns / 61)
            {
                double sum = 0;
                for (std::size_t k = 0; k < depth; ++k)
                    sum +=
                        static_cast<double>(x.values[c.x_transposed ? (s * depth + k) * rows + r : (s * rows + r) * depth + k]) *
                        w.values[c.w_transposed ? (s * depth + k) * columns + n : (s * columns + n) * depth + k];
                const std::size_t at = (s * rows + r) * columns + n;
                if (c.residual) sum += residual.values[at];
                if (c.bias) sum += bias.values[n];
                if (c.gelu) sum = gelu(sum);
                worst = std::max(worst, std::fabs(sum - y.values[at]) / (1 + std::fabs(sum)));
            }
    const double bound = (c.output == Type::f32    ? 0
                          : c.output == Type::bf16 ? 1.0 / 256
                                                   : 1.0 / 2048) +
                         2e-6 * std::sqrt(static_cast<double>(c.depth));
    if (!(worst <= bound))
    {
        std::fprintf(stderr, "rows %d columns %d depth %d batch %d: error %g over %g\n", c.rows, c.columns, c.depth, c.batch,
                     worst, bound);
        ++failures;
    }
}

// The first rows alone, one row from the middle alone, one thread and three, weights packed once and each time: the same bits.
void check_bits(int rows, int columns, int depth, Type type)
{
    const Case whole{rows, columns, depth, 1, type, type, true, true, false, false, false, false};
    const std::size_t n = static_cast<std::size_t>(columns), element = bytes_of(type);
    Buffer x(static_cast<std::size_t>(rows) * static_cast<std::size_t>(depth), type),
        w(n * static_cast<std::size_t>(depth), type), bias(n, type), y(static_cast<std::size_t>(rows) * n, type),
        again(static_cast<std::size_t>(rows) * n, type);
    x.fill(5), w.fill(6), bias.fill(7);
    Plan(whole).run(w.device, x.device, 0, y.device, bias.device, true);
    y.download();
    w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
    for (const int threads : {1, 3, 2})
    {
        dittoCpuSetThreadCount(threads);
        std::fill(again.values.begin(), again.values.end(), -7.0f);
        again.upload();
        Plan(whole).run(w.device, x.device, 0, again.device, bias.device, true);
        again.download();
        EXPECT(again.values == y.values);
    }
    for (const int some : {1, 2, 3, 5, 8, 13, 31, rows - 1})
    {
        if (some < 1 || some > rows) continue;
        for (const int first : {0, 1, rows / 2, rows - some})
        {
            if (first + some > rows) continue;
            Case part = whole;
            part.rows = some;
            const std::size_t x_offset = static_cast<std::size_t>(first) * static_cast<std::size_t>(depth) * element;
            Plan(part).run(w.device, x.device + x_offset, 0, again.device, bias.device, true);
            again.download();
            EXPECT(std::equal(again.values.begin(), again.values.begin() + std::ptrdiff_t{some} * columns,
                              y.values.begin() + std::ptrdiff_t{first} * columns));
        }
    }
}

void check_cache()
{
    const Case c{4, 32, 16, 1, Type::f32, Type::f32, false, false, false, false, false, false};
    Buffer x(64, Type::f32), w(512, Type::f32), y(128, Type::f32);
    x.fill(1), w.fill(2);
    w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
    const Plan plan(c);
    plan.run(w.device, x.device, 0, y.device, 0, false);
    y.download();
    const std::vector<float> before = y.values;
    for (float& value : w.values) value *= 2;
    w.upload();  // a write to constant memory is seen all the same
    plan.run(w.device, x.device, 0, y.device, 0, false);
    y.download();
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT(y.values[i] == 2 * before[i]);
}
}  // namespace

int main()
{
    return test_on_every_device("product_test",
                                [](int)
                                {
                                    NEED(cublasLtCreate(&blas));
                                    for (const int rows : {1, 2, 7, 17, 130})
                                        for (const int columns : {1, 5, 33, 49, 200})
                                            for (const int depth : {1, 3, 72, 401, 800})
                                                for (const Type type : TYPES)
                                                    check({rows, columns, depth, 1, type, type, true, false, rows % 2 == 0,
                                                           columns % 2 == 0, false, false});
                                    for (int bits = 0; bits < 256; ++bits)
                                        check({19, 50, 33, 3, (bits & 1) != 0 ? Type::bf16 : Type::f32,
                                               (bits & 3) == 3 ? Type::bf16 : Type::f32, (bits & 4) != 0, (bits & 8) != 0,
                                               (bits & 16) != 0, (bits & 32) != 0, (bits & 64) != 0, (bits & 128) != 0});
                                    for (const Type type : TYPES)
                                    {
                                        check_bits(150, 100, 500, type);
                                        check_bits(392, 1152, 384, type);
                                        check_bits(20, 384, 1153, type);
                                    }
                                    check_cache();
                                    NEED(cublasLtDestroy(blas));
                                });
}
