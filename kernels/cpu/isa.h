// isa.h: the instruction sets that kernels are compiled for, and which of them this machine has
#pragma once

#include <vector>

namespace ditto
{
// v4_amx runs the kernels of v4; what differs is the matrix products of bf16, which go to the tile unit.
enum class Isa
{
    v2,
    v3,
    v4,
    v4_amx,
};

const char* isa_name(Isa isa);

// Whether AVX512_BF16 products run at twice the rate of f32 here, as on AMD's cores; on Intel's the two rates are equal.
bool has_fast_bf16();

// Whether a level's int8 products may use VNNI here: its 512-bit form from v4 on, the 256-bit one at v3.
bool has_vnni(Isa isa);

// The devices in order: the best level first, or the one that DITTO_CPU_ISA names, then the others. Empty if that name is unknown
// or this machine lacks the level.
const std::vector<Isa>& isa_devices();
}  // namespace ditto
