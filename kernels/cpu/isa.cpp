// isa.cpp: cpuid, and what the operating system saves of the registers (xgetbv)
#include "isa.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace ditto
{
namespace
{
struct Registers
{
    unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf)
{
    Registers r;
    __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);  // leaves zeros where the leaf does not exist
    return r;
}

constexpr bool has(unsigned word, std::initializer_list<int> bits)
{
    return std::ranges::all_of(bits, [&](int bit) { return (word >> bit & 1u) != 0; });
}

std::uint64_t saved_state()
{
    std::uint32_t low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return static_cast<std::uint64_t>(high) << 32 | low;
}

bool may_use_tiles()
{
    constexpr int ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18;
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

ProcessorFlags flags_of_this_machine()
{
    const Registers basic = cpuid(1, 0), extended = cpuid(0x80000001u, 0), features = cpuid(7, 0);
    const std::uint64_t saved = has(basic.c, {27}) ? saved_state() : 0;  // OSXSAVE
    return {basic.c, extended.c, features.b, features.d, saved};
}
}  // namespace

std::vector<Isa> levels_of(const ProcessorFlags& cpu, bool (*may_use_tiles)())
{
    std::vector<Isa> found;
    if (!has(cpu.basic_c, {0, 9, 13, 19, 20, 23}) || !has(cpu.extended_c, {0}))
        return found;  // SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT; LAHF
    found.push_back(Isa::v2);
    const bool ymm = (cpu.saved & 0x6) == 0x6, zmm = (cpu.saved & 0xe6) == 0xe6, tiles = (cpu.saved & 0x60000) == 0x60000;
    if (!ymm || !has(cpu.basic_c, {12, 22, 28, 29}) || !has(cpu.features_b, {3, 5, 8}) || !has(cpu.extended_c, {5})) return found;
    found.insert(found.begin(), Isa::v3);  // FMA MOVBE AVX F16C; BMI1 AVX2 BMI2; LZCNT
    if (!zmm || !has(cpu.features_b, {16, 17, 28, 30, 31})) return found;
    found.insert(found.begin(), Isa::v4);  // AVX512 F DQ CD BW VL
    if (tiles && has(cpu.features_d, {22, 24}) && may_use_tiles()) found.insert(found.begin(), Isa::v4_amx);  // AMX-BF16 AMX-TILE
    return found;
}

std::vector<Isa> chosen_first(std::vector<Isa> levels, const char* name)
{
    if (name == nullptr || *name == '\0') return levels;
    const auto chosen =
        std::find_if(levels.begin(), levels.end(), [&](Isa isa) { return std::string_view(name) == isa_name(isa); });
    if (chosen == levels.end()) return {};
    std::rotate(levels.begin(), chosen, chosen + 1);
    return levels;
}

const char* isa_name(Isa isa)
{
    switch (isa)
    {
        case Isa::v2:
            return "x86-64-v2";
        case Isa::v3:
            return "x86-64-v3";
        case Isa::v4:
            return "x86-64-v4";
        case Isa::v4_amx:
            return "x86-64-v4+amx";
    }
    return "unknown";
}

bool has_fast_bf16()
{
    static const bool fast = []
    {
        const Registers vendor = cpuid(0, 0);
        const bool amd = vendor.b == 0x68747541u && vendor.d == 0x69746e65u && vendor.c == 0x444d4163u;  // "AuthenticAMD"
        return amd && has(cpuid(7, 1).a, {5});
    }();
    return fast;
}

bool has_vnni(Isa isa)
{
    static const bool wide = has(cpuid(7, 0).c, {11}), narrow = has(cpuid(7, 1).a, {4});
    return isa == Isa::v2 ? false : isa == Isa::v3 ? narrow : wide;
}

const std::vector<Isa>& isa_devices()
{
    static const std::vector<Isa>* devices =
        new std::vector<Isa>(chosen_first(levels_of(flags_of_this_machine(), may_use_tiles), std::getenv("DITTO_CPU_ISA")));
    return *devices;
}
}  // namespace ditto
