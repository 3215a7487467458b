// product.cpp: cuts a product into tiles and spreads them over the workers
#include "product.h"

#include <algorithm>
#include <map>
#include <utility>

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

// Panels for the kernels of one level, of elements as they are stored.
class PanelForm final : public WeightForm
{
   public:
    PanelForm(const ProductKernels& kernels, NumberType type) : kernels_(kernels), type_(type) {}

    std::int64_t columns() const override { return kernels_.panel_width; }
    std::size_t piece_bytes(std::int64_t depth) const override
    {
        return static_cast<std::size_t>(kernels_.panel_width * depth * number_bytes(type_));
    }
    void pack(void* piece, const StoredMatrix& w, std::int64_t columns, std::int64_t depth) const override
    {
        kernels_.pack(piece, w, columns, depth);
    }
    void unpack(void* columns, const void* piece, std::int64_t depth) const override
    {
        kernels_.unpack(columns, piece, type_, depth);
    }

   private:
    const ProductKernels& kernels_;
    const NumberType type_;
};

const PanelForm& panel_form(Isa isa, NumberType type)
{
    static const auto* forms = []
    {
        auto* made = new std::map<std::pair<const ProductKernels*, NumberType>, PanelForm>;
        for (const Isa level : {Isa::v2, Isa::v3, Isa::v4})
            for (const NumberType stored : {NumberType::f32, NumberType::bf16, NumberType::fp16})
                made->try_emplace({&product_kernels_of(level), stored}, product_kernels_of(level), stored);
        return made;
    }();
    return forms->at({&product_kernels_of(isa), type});
}

void run_item(const Product& product, std::int64_t item)
{
    const ProductKernels& kernels = product_kernels_of(product.isa);
    const PackedWeights packed = weight_cache().find_or_pack(product, item, panel_form(product.isa, product.input));
    const Rows x = f32_rows(product, item);
    const std::int64_t panels = (product.columns + kernels.panel_width - 1) / kernels.panel_width;
    const Tiling tiling = choose_tiling(product.rows, panels);
    const std::int64_t row_tiles = (product.rows + tiling.rows - 1) / tiling.rows;
    // No tile reaches over the end of the panels that lie one after the other.
    const std::int64_t whole_tiles = (packed.whole + tiling.panels - 1) / tiling.panels;
    const std::int64_t panel_tiles = whole_tiles + (panels > packed.whole ? 1 : 0);
    const auto first_panel = [&](std::int64_t tile) { return std::min(tile * tiling.panels, packed.whole); };
    const std::int64_t scratch_per_worker = tile_scratch(kernels.panel_width);
    float* scratch_of_workers = static_cast<float*>(
        scratch().sums.at_least(static_cast<std::size_t>(scratch_per_worker * thread_count()) * sizeof(float)));
    parallel_for(row_tiles * panel_tiles,
                 [&](std::int64_t task, int worker)
                 {
                     // Tasks that follow each other share panels, and the workers find them in the cache that they share.
                     const std::int64_t row = task % row_tiles * tiling.rows, panel = first_panel(task / row_tiles);
                     const std::int64_t next = first_panel(task / row_tiles + 1), column = panel * kernels.panel_width;
                     ProductTile tile = output_tile(product, item, row, column);
                     tile.x = x.data + row * x.stride;
                     tile.x_stride = x.stride;
                     tile.panels = packed.piece(panel);
                     tile.stored = product.input;
                     tile.rows = std::min(tiling.rows, product.rows - row);
                     tile.columns = std::min((panel < next ? next - panel : 1) * kernels.panel_width, product.columns - column);
                     tile.next_panels = panel < next && next < panels ? packed.piece(next) : nullptr;
                     tile.scratch = scratch_of_workers + worker * scratch_per_worker;
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

// What a product does not read as its weights it must see as it was loaded, and what it writes is no longer what was packed.
void show_operands(const Product& product)
{
    const auto bytes_of = [&](std::int64_t lines, std::int64_t stride, std::int64_t length, std::int64_t batch_stride,
                              NumberType type) {
        return static_cast<std::size_t>(((product.batch - 1) * batch_stride + (lines - 1) * stride + length) *
                                        number_bytes(type));
    };
    WeightCache& cache = weight_cache();
    const ProductOperand& x = product.x;
    if (product.depth > 0)
        cache.before_use(x.data, bytes_of(x.depth_first ? product.rows : product.depth, x.stride,
                                          x.depth_first ? product.depth : product.rows, x.batch_stride, product.input));
    if (product.residual != nullptr)
        cache.before_use(product.residual, bytes_of(product.rows, product.residual_stride, product.columns,
                                                    product.residual_batch_stride, product.output));
    if (product.bias != nullptr)
        cache.before_use(product.bias, bytes_of(1, 0, product.columns, product.bias_batch_stride, product.output));
    cache.before_write(product.y,
                       bytes_of(product.rows, product.y_stride, product.columns, product.y_batch_stride, product.output));
}

void run_product(const Product& product)
{
    if (product.rows == 0 || product.columns == 0) return;
    show_operands(product);
    const Product plain = flattened(product);
    const auto run = plain.input == NumberType::int8 ? run_int8 : uses_native_bf16(plain) ? run_native : run_item;
    for (std::int64_t item = 0; item < plain.batch; ++item) run(plain, item);
}
}  // namespace ditto
