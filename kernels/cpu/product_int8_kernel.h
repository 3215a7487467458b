// product_int8_kernel.h: the part of an int8 product that is compiled for each ISA level, as a table of functions
//
// Packed weights are panels of `panel_width` output columns, each (depth / group, panel_width, group) bytes, the last one padded.
// Included inside and outside of the levels' namespaces, so it uses no other header.
#pragma once

namespace ditto
{
// One tile of y = x w^T. Pointers are those of its first row and column, strides count elements.
struct Int8Tile
{
    const void* x;  // (rows, depth), as `prepare` left it
    long long x_stride;
    const int* row_terms;  // (rows): what the sums of a row have too much; or null
    const unsigned char* panels;
    long long rows, columns, depth;
    int* y;  // (rows, columns)
    long long y_stride;
};

struct Int8Kernels
{
    int panel_width;
    bool widens;  // whether `prepare` writes rows of 16 bits that replace x, else terms of its rows

    // Rows first..last-1, into their places in target. Depth is a multiple of 4, here and below.
    void (*prepare)(void* target, const signed char* x, long long x_stride, long long depth, long long first, long long last);

    // A panel from at most panel_width columns of w, and back from a whole one to dense columns.
    void (*pack)(unsigned char* panel, const signed char* w, long long w_stride, long long columns, long long depth);
    void (*unpack)(signed char* w, const unsigned char* panel, long long depth);

    void (*tile)(const Int8Tile& tile);
};
}  // namespace ditto
