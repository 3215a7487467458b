// kernel_case.h: one launch of a kernel, again and again: with other grids and threads the same bits, and only outputs change
#pragma once

#include <string>
#include <vector>

#include "kernel.h"

enum class Number
{
    f32,
    bf16,
    fp16,
    int32,  // 0..6
    int8,
    flag,  // 0 or 1, a byte
};
struct NumberName
{
    Number number;
    const char* name;
};
inline constexpr NumberName FLOATS[] = {{Number::f32, "float"}, {Number::bf16, "bf16"}, {Number::fp16, "fp16"}};

class Case
{
   public:
    explicit Case(std::string expression) : name_(std::move(expression)), kernel_(name_.c_str()) {}
    Case(const Case&) = delete;
    Case& operator=(const Case&) = delete;
    ~Case()
    {
        for (const Block& block : blocks_) cuMemFree_v2(block.address);
    }

    // A pointer to so many values and not a byte more.
    Case& in(Number number, long long count) { return add_block(number, count, false); }
    Case& out(Number number, long long count) { return add_block(number, count, true); }  // or both
    Case& null() { return value(CUdeviceptr{0}); }
    template <typename T>
    Case& value(T argument)
    {
        const unsigned char* bytes = reinterpret_cast<const unsigned char*>(&argument);
        arguments_.emplace_back(bytes, bytes + sizeof argument);
        return *this;
    }

    // For kernels that take any grid.
    void check()
    {
        run({1, 1, 1}, 1);
        const std::vector<Bytes> expected = contents();
        for (const Block& block : blocks_) expect_change(block, expected[static_cast<std::size_t>(&block - blocks_.data())]);
        for (const unsigned blocks : {2u, 7u, 100u}) run({blocks, 1, 1}, static_cast<int>(blocks % 4 + 1)), compare(expected);
    }
    // For those that take this one.
    void check(unsigned x, unsigned y, unsigned z)
    {
        run({x, y, z}, 1);
        const std::vector<Bytes> expected = contents();
        for (const Block& block : blocks_) expect_change(block, expected[static_cast<std::size_t>(&block - blocks_.data())]);
        run({x, y, z}, 3), compare(expected);
    }

   private:
    using Bytes = std::vector<unsigned char>;

    struct Block
    {
        CUdeviceptr address;
        Bytes content;  // at first
        bool is_output;
    };
    struct Extent
    {
        unsigned x, y, z;
    };

    Case& add_block(Number number, long long count, bool is_output)
    {
        Block block{0, random(number, static_cast<std::size_t>(count)), is_output};
        NEED(cuMemAlloc_v2(&block.address, block.content.size()));
        blocks_.push_back(block);
        return value(block.address);
    }

    // Magnitudes of 0.5 to 1, of either sign.
    Bytes random(Number number, std::size_t count)
    {
        Bytes bytes;
        for (std::size_t i = 0; i < count; ++i)
        {
            state_ = state_ * 1664525u + 1013904223u;
            const unsigned drawn = state_ >> 8, sign = drawn & 1u;
            unsigned bits = 0;
            std::size_t width = 1;
            switch (number)
            {
                case Number::f32:
                    bits = sign << 31 | 0x3f000000u | (drawn >> 1 & 0x7fffffu), width = 4;
                    break;
                case Number::bf16:
                    bits = sign << 15 | 0x3f00u | (drawn >> 1 & 0x7fu), width = 2;
                    break;
                case Number::fp16:
                    bits = sign << 15 | 0x3800u | (drawn >> 1 & 0x3ffu), width = 2;
                    break;
                case Number::int32:
                    bits = drawn % 7, width = 4;
                    break;
                case Number::int8:
                    bits = drawn & 0xffu;
                    break;
                case Number::flag:
                    bits = sign;
                    break;
            }
            for (std::size_t byte = 0; byte < width; ++byte) bytes.push_back(static_cast<unsigned char>(bits >> 8 * byte));
        }
        return bytes;
    }

    void run(Extent grid, int threads)
    {
        dittoCpuSetThreadCount(threads);
        for (const Block& block : blocks_) NEED(cuMemcpyHtoD_v2(block.address, block.content.data(), block.content.size()));
        std::vector<void*> pointers;
        for (Bytes& argument : arguments_) pointers.push_back(argument.data());
        kernel_.launch_grid(grid.x, grid.y, grid.z, nullptr, pointers.data());
    }

    std::vector<Bytes> contents() const
    {
        std::vector<Bytes> all;
        for (const Block& block : blocks_)
        {
            Bytes& bytes = all.emplace_back(block.content.size());
            NEED(cuMemcpyDtoH_v2(bytes.data(), block.address, bytes.size()));
        }
        return all;
    }

    void expect_change(const Block& block, const Bytes& now)
    {
        if ((block.content != now) == block.is_output) return;
        ++failures;
        std::fprintf(stderr, "%s: argument of %zu bytes %s\n", name_.c_str(), now.size(),
                     block.is_output ? "was not written" : "is an input and was written");
    }

    void compare(const std::vector<Bytes>& expected)
    {
        if (contents() == expected) return;
        ++failures;
        std::fprintf(stderr, "%s: another grid or number of threads gave other bits\n", name_.c_str());
    }

    std::string name_;
    Kernel kernel_;
    std::vector<Block> blocks_;
    std::vector<Bytes> arguments_;
    unsigned state_ = 1;
};
