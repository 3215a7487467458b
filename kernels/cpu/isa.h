// isa.h: the instruction sets that kernels are compiled for, and which of them this machine has
#pragma once

#include <cstdint>
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

// Words of cpuid (leaf 1 ecx, leaf 0x80000001 ecx, leaf 7 ebx and edx), and the registers that the system saves (xgetbv).
struct ProcessorFlags
{
    unsigned basic_c, extended_c, features_b, features_d;
    std::uint64_t saved;
};

// The levels that a processor has, the best first. The last word on tiles is the system's, asked only where there are some.
std::vector<Isa> levels_of(const ProcessorFlags& cpu, bool (*may_use_tiles)());

// The levels with the named one first; as they are where there is no name, and none where no level has it.
std::vector<Isa> chosen_first(std::vector<Isa> levels, const char* name);

// The devices in order: the best level first, or the one that DITTO_CPU_ISA names, then the others. Empty if that name is unknown
// or this machine lacks the level.
const std::vector<Isa>& isa_devices();
}  // namespace ditto
