// native_tile.cpp: makes oneDNN primitives, and tries them out
//
// oneDNN promises nothing about the order of its sums. So whether a row's result depends on its place in a tile, or on the tile's
// height, is tried on this machine before the tiles are used.
#include "native_tile.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

namespace ditto
{
namespace
{
using dnnl::memory;

dnnl::engine& native_engine()
{
    static dnnl::engine* instance = new dnnl::engine(dnnl::engine::kind::cpu, 0);
    return *instance;
}

struct AlignedBytes
{
    explicit AlignedBytes(std::size_t bytes) : storage(bytes + 64) {}
    char* data() { return storage.data() + (64 - reinterpret_cast<std::uintptr_t>(storage.data()) % 64) % 64; }
    std::vector<char> storage;
};

// TILE_COLUMNS columns of weights: neighbours in memory are neighbours in depth, or columns.
memory::desc lines(std::int64_t depth, bool depth_first, std::int64_t stride)
{
    return {{TILE_COLUMNS, depth}, memory::data_type::bf16, depth_first ? memory::dims{stride, 1} : memory::dims{1, stride}};
}

void reorder(const memory::desc& from_layout, const void* from, const memory::desc& to_layout, void* to)
{
    dnnl::stream stream(native_engine());
    memory source(from_layout, native_engine(), const_cast<void*>(from)), target(to_layout, native_engine(), to);
    dnnl::reorder(source, target).execute(stream, source, target);
    stream.wait();
}

// bf16 in -2..2, from a fixed sequence.
void fill_random(char* target, std::size_t count)
{
    unsigned state = 1;
    for (std::size_t i = 0; i < count; ++i)
    {
        state = state * 1664525u + 1013904223u;
        const std::uint16_t bits = static_cast<std::uint16_t>((state >> 16 & 0x807fu) | (0x3e80u + (state >> 9 & 0x180u)));
        std::memcpy(target + 2 * i, &bits, 2);
    }
}

bool same_rows(const float* rows, const float* expected)
{
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): of bits, not of values
    return std::memcmp(rows, expected, static_cast<std::size_t>(NARROW_ROWS * TILE_COLUMNS) * sizeof(float)) == 0;
}

// The same rows four times over in a wide tile, and once in a narrow one.
void try_out(NativeTiles& tiles, std::int64_t depth)
{
    const std::size_t row_bytes = static_cast<std::size_t>(NARROW_ROWS * depth) * 2;
    AlignedBytes x(4 * row_bytes), w(tiles.wide->w_layout.get_size()), scratchpad(tiles.scratchpad_bytes);
    AlignedBytes wide(static_cast<std::size_t>(WIDE_ROWS * TILE_COLUMNS) * sizeof(float)), narrow(wide.storage.size());
    fill_random(x.data(), row_bytes / 2);
    for (std::size_t copy = 1; copy < 4; ++copy) std::memcpy(x.data() + copy * row_bytes, x.data(), row_bytes);
    fill_random(w.data(), tiles.wide->w_layout.get_size() / 2);
    float *wide_sums = reinterpret_cast<float*>(wide.data()), *narrow_sums = reinterpret_cast<float*>(narrow.data());
    tiles.wide->run(x.data(), w.data(), wide_sums, scratchpad.data());
    for (std::int64_t copy = 1; copy < 4; ++copy)
        if (!same_rows(wide_sums + copy * NARROW_ROWS * TILE_COLUMNS, wide_sums))
        {
            tiles.wide.reset();
            tiles.narrow.reset();
            return;
        }
    if (tiles.narrow == nullptr) return;
    tiles.narrow->run(x.data(), w.data(), narrow_sums, scratchpad.data());
    if (!same_rows(narrow_sums, wide_sums)) tiles.narrow.reset();
}

NativeTiles make(std::int64_t depth)
{
    NativeTiles tiles;
    try
    {
        tiles.wide = std::make_unique<NativeTile>(WIDE_ROWS, depth, nullptr);
        tiles.scratchpad_bytes = tiles.wide->scratchpad_layout.get_size();
        tiles.narrow = std::make_unique<NativeTile>(NARROW_ROWS, depth, tiles.wide.get());
        tiles.scratchpad_bytes = std::max(tiles.scratchpad_bytes, tiles.narrow->scratchpad_layout.get_size());
    }
    catch (const dnnl::error&)
    {
        // No such kernel: what was made before it is good by itself.
    }
    try
    {
        if (tiles.wide == nullptr) return tiles;
        try_out(tiles, depth);
        if (tiles.wide == nullptr) return tiles;
        tiles.form = std::make_unique<NativeForm>(tiles.wide->w_layout);
        tiles.form->try_out(depth);
    }
    catch (const dnnl::error&)
    {
        return {};
    }
    return tiles;
}
}  // namespace

NativeTile::NativeTile(std::int64_t rows, std::int64_t depth, const NativeTile* weights_like)
    : x_layout({rows, depth}, memory::data_type::bf16, memory::format_tag::ab),
      y_layout({rows, TILE_COLUMNS}, memory::data_type::f32, memory::format_tag::ab)
{
    const memory::desc any({TILE_COLUMNS, depth}, memory::data_type::bf16, memory::format_tag::any);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::inner_product_forward::desc wanted(dnnl::prop_kind::forward_inference, x_layout,
                                                   weights_like == nullptr ? any : weights_like->w_layout, y_layout);
    const dnnl::inner_product_forward::primitive_desc description(wanted, attributes, native_engine());
    w_layout = description.weights_desc();
    scratchpad_layout = description.scratchpad_desc();
    primitive = dnnl::inner_product_forward(description);
}

void NativeForm::pack(void* piece, const StoredMatrix& w, std::int64_t columns, std::int64_t depth) const
{
    if (columns == TILE_COLUMNS) return reorder(lines(depth, w.depth_first, w.stride), w.data, layout_, piece);
    AlignedBytes padded(static_cast<std::size_t>(TILE_COLUMNS * depth) * 2);  // zeros beyond the last column
    const std::int64_t count = w.depth_first ? columns : depth, length = w.depth_first ? depth : columns;
    const std::int64_t pitch = w.depth_first ? depth : TILE_COLUMNS;
    for (std::int64_t line = 0; line < count; ++line)
        std::memcpy(padded.data() + 2 * line * pitch, static_cast<const char*>(w.data) + 2 * line * w.stride,
                    static_cast<std::size_t>(length) * 2);
    reorder(lines(depth, w.depth_first, pitch), padded.data(), layout_, piece);
}

void NativeForm::unpack(void* columns, const void* piece, std::int64_t depth) const
{
    reorder(layout_, piece, lines(depth, true, depth), columns);
}

void NativeForm::try_out(std::int64_t depth)
{
    const std::size_t count = static_cast<std::size_t>(TILE_COLUMNS * depth);
    if (piece_bytes(depth) != 2 * count) return;
    AlignedBytes columns(2 * count), piece(2 * count), back(2 * count);
    for (std::size_t i = 0; i < count; ++i)
    {
        const std::uint16_t bits = static_cast<std::uint16_t>(i * 40503u);  // odd: a cycle through all of them
        std::memcpy(columns.data() + 2 * i, &bits, 2);
    }
    pack(piece.data(), {columns.data(), NumberType::bf16, true, depth}, TILE_COLUMNS, depth);
    unpack(back.data(), piece.data(), depth);
    reversible_ = std::memcmp(columns.data(), back.data(), 2 * count) == 0;
}

void NativeTile::run(const void* x, const void* w, float* y, void* scratchpad) const
{
    dnnl::stream stream(native_engine());
    memory source(x_layout, native_engine(), const_cast<void*>(x)), weights(w_layout, native_engine(), const_cast<void*>(w));
    memory sums(y_layout, native_engine(), y), room(scratchpad_layout, native_engine(), scratchpad);
    primitive.execute(stream,
                      {{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, sums}, {DNNL_ARG_SCRATCHPAD, room}});
    stream.wait();
}

const NativeTiles& native_tiles(std::int64_t depth)
{
    static auto* made = new std::map<std::int64_t, NativeTiles>;
    const auto found = made->find(depth);
    return found != made->end() ? found->second : made->emplace(depth, make(depth)).first->second;
}
}  // namespace ditto
