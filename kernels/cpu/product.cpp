// product.cpp: cuts a product into tiles and spreads them over the workers
#include "product.h"

#include <algorithm>
#include <vector>

#include "pages.h"
#include "product_int8.h"
#include "product_native.h"
#include "threads.h"
#include "weight_cache.h"

namespace ditto
{
#define DITTO_TABLE(isa)                         \
    namespace isa                                \
    {                                            \
    extern const ProductKernels product_kernels; \
    }
DITTO_TABLE(v2)
DITTO_TABLE(v3)
DITTO_TABLE(v4)
#undef DITTO_TABLE

namespace
{
// Scratch that lives from product to product. Used by the executor only.
struct Scratch
{
    Pages activations;
    Pages sums;
};

Scratch& scratch()
{
    static Scratch* instance = new Scratch;
    return *instance;
}

struct Rows
{
    const float* data;
    std::int64_t stride;
};

// x as f32 with neighbours in depth side by side: as it is, or converted into scratch.
Rows f32_rows(const Product& product, std::int64_t item)
{
    const void* data = advance(product.x.data, item * product.x.batch_stride, product.input);
    if (product.input == NumberType::f32 && product.x.depth_first) return {static_cast<const float*>(data), product.x.stride};
    const std::size_t bytes = static_cast<std::size_t>(product.rows * product.depth) * sizeof(float);
    float* rows = static_cast<float*>(scratch().activations.at_least(bytes));
    const StoredMatrix x{data, product.input, product.x.depth_first, product.x.stride};
    constexpr std::int64_t CHUNK = 16;
    parallel_for((product.rows + CHUNK - 1) / CHUNK,
                 [&](std::int64_t task, int) {
                     product_kernels_of(product.isa)
                         .widen(rows, x, product.depth, task * CHUNK, std::min(product.rows, (task + 1) * CHUNK));
                 });
    return {rows, product.depth};
}

// How many rows and panels a tile has: as many as the caches like, fewer where that would leave workers idle. No result depends
// on it.
struct Tiling
{
    std::int64_t rows, panels;
};

Tiling choose_tiling(std::int64_t rows, std::int64_t panels)
{
    Tiling tiling{std::min<std::int64_t>(rows, TILE_ROWS), std::min<std::int64_t>(panels, TILE_PANELS / 2)};
    const std::int64_t wanted = thread_count() == 1 ? 1 : 4 * thread_count();
    const auto tiles = [&] { return (rows + tiling.rows - 1) / tiling.rows * ((panels + tiling.panels - 1) / tiling.panels); };
    while (tiles() < wanted && tiling.panels > 1) tiling.panels = (tiling.panels + 1) / 2;
    while (tiles() < wanted && tiling.rows > 32) tiling.rows = (tiling.rows + 1) / 2 / 8 * 8 + 8;
    // Even tiles: 196 rows are two of 98, not one of 128 and one of 68.
    const std::int64_t count = (rows + tiling.rows - 1) / tiling.rows;
    tiling.rows = std::min<std::int64_t>(TILE_ROWS, ((rows + count - 1) / count + 7) / 8 * 8);
    return tiling;
}

const float* packed_panels(const Product& product, std::int64_t item)
{
    const ProductKernels& kernels = product_kernels_of(product.isa);
    const std::int64_t count = (product.columns + kernels.panel_width - 1) / kernels.panel_width;
    const StoredMatrix w{advance(product.w.data, item * product.w.batch_stride, product.input), product.input,
                         product.w.depth_first, product.w.stride};
    const auto pack = [&](void* panels)
    {
        parallel_for(count, [&](std::int64_t panel, int)
                     { kernels.pack(static_cast<float*>(panels), w, product.columns, product.depth, panel, panel + 1); });
    };
    const std::size_t bytes = static_cast<std::size_t>(count * kernels.panel_width * product.depth) * sizeof(float);
    return static_cast<const float*>(weight_cache().find_or_pack(product, item, kernels.panel_width, bytes, pack));
}

void run_item(const Product& product, std::int64_t item)
{
    const ProductKernels& kernels = product_kernels_of(product.isa);
    const float* packed = packed_panels(product, item);
    const Rows x = f32_rows(product, item);
    const std::int64_t panels = (product.columns + kernels.panel_width - 1) / kernels.panel_width;
    const Tiling tiling = choose_tiling(product.rows, panels);
    const std::int64_t row_tiles = (product.rows + tiling.rows - 1) / tiling.rows;
    const std::int64_t panel_tiles = (panels + tiling.panels - 1) / tiling.panels;
    const std::int64_t sums_per_worker = TILE_ROWS * TILE_PANELS * kernels.panel_width;
    float* sums =
        static_cast<float*>(scratch().sums.at_least(static_cast<std::size_t>(sums_per_worker * thread_count()) * sizeof(float)));
    parallel_for(row_tiles * panel_tiles,
                 [&](std::int64_t task, int worker)
                 {
                     // Tasks that follow each other share panels, and the workers find them in the cache that they share.
                     const std::int64_t row = task % row_tiles * tiling.rows, panel = task / row_tiles * tiling.panels;
                     const std::int64_t column = panel * kernels.panel_width;
                     ProductTile tile = output_tile(product, item, row, column);
                     tile.x = x.data + row * x.stride;
                     tile.x_stride = x.stride;
                     tile.panels = packed + column * product.depth;
                     tile.rows = std::min(tiling.rows, product.rows - row);
                     tile.columns = std::min(tiling.panels * kernels.panel_width, product.columns - column);
                     const bool more = panel + tiling.panels < panels;
                     tile.next_panels = more ? tile.panels + tiling.panels * kernels.panel_width * product.depth : nullptr;
                     tile.sums = sums + worker * sums_per_worker;
                     kernels.tile(tile);
                 });
}

// Batches whose entries follow each other like the rows of one taller matrix are one: its rows share the packed weights.
Product flattened(const Product& product)
{
    const bool shared = product.w.batch_stride == 0 && (product.bias == nullptr || product.bias_batch_stride == 0);
    const bool rows_follow = product.x.depth_first && product.x.batch_stride == product.rows * product.x.stride &&
                             product.y_batch_stride == product.rows * product.y_stride;
    const bool residual_follows =
        product.residual == nullptr || product.residual_batch_stride == product.rows * product.residual_stride;
    if (product.batch == 1 || !shared || !rows_follow || !residual_follows) return product;
    Product tall = product;
    tall.rows *= product.batch;
    tall.batch = 1;
    return tall;
}
}  // namespace

const ProductKernels& product_kernels_of(Isa isa)
{
    switch (isa)
    {
        case Isa::v2:
            return v2::product_kernels;
        case Isa::v3:
            return v3::product_kernels;
        default:
            return v4::product_kernels;
    }
}

ProductTile output_tile(const Product& product, std::int64_t item, std::int64_t row, std::int64_t column)
{
    const auto place = [&](auto* data, std::int64_t batch_stride, std::int64_t stride)
    { return advance(data, item * batch_stride + row * stride + column, product.output); };
    ProductTile tile{};
    tile.depth = product.depth;
    tile.alpha = product.alpha;
    tile.beta = product.beta;
    tile.activation = product.activation;
    tile.output = product.output;
    tile.residual = place(product.residual, product.residual_batch_stride, product.residual_stride);
    tile.residual_stride = product.residual_stride;
    tile.bias = place(product.bias, product.bias_batch_stride, 0);
    tile.y = place(product.y, product.y_batch_stride, product.y_stride);
    tile.y_stride = product.y_stride;
    return tile;
}

void run_product(const Product& product)
{
    if (product.rows == 0 || product.columns == 0) return;
    weight_cache().forget(reinterpret_cast<CUdeviceptr>(product.y),
                          static_cast<std::size_t>(((product.batch - 1) * product.y_batch_stride +
                                                    (product.rows - 1) * product.y_stride + product.columns) *
                                                   number_bytes(product.output)));
    const Product plain = flattened(product);
    const auto run = plain.input == NumberType::int8 ? run_int8 : uses_native_bf16(plain) ? run_native : run_item;
    for (std::int64_t item = 0; item < plain.batch; ++item) run(plain, item);
}
}  // namespace ditto
