// isa_test.cpp: which levels a processor has, from the words by which it says so
#include "../isa.h"
#include "api.h"

using namespace ditto;

namespace
{
// A processor with tiles, whose system saves all registers.
constexpr ProcessorFlags ALL{0x38d83201u | 1u << 12, 0x21u, 0xd0030128u, 0x01400000u, 0x600e7u};

bool yes() { return true; }
bool no() { return false; }

ProcessorFlags without(unsigned ProcessorFlags::*word, int bit)
{
    ProcessorFlags flags = ALL;
    flags.*word &= ~(1u << bit);
    return flags;
}

ProcessorFlags saving(std::uint64_t saved)
{
    ProcessorFlags flags = ALL;
    flags.saved = saved;
    return flags;
}

using Levels = std::vector<Isa>;
}  // namespace

int main()
{
    const Levels all{Isa::v4_amx, Isa::v4, Isa::v3, Isa::v2}, v4{Isa::v4, Isa::v3, Isa::v2}, v3{Isa::v3, Isa::v2}, v2{Isa::v2};
    EXPECT(levels_of(ALL, yes) == all);
    EXPECT(levels_of(ALL, no) == v4);  // the system gives no permission
    EXPECT(levels_of(saving(0xe7), yes) == v4);
    EXPECT(levels_of(saving(0x7), yes) == v3);
    EXPECT(levels_of(saving(0x3), yes) == v2);
    for (const int bit : {22, 24}) EXPECT(levels_of(without(&ProcessorFlags::features_d, bit), yes) == v4);
    for (const int bit : {16, 17, 28, 30, 31}) EXPECT(levels_of(without(&ProcessorFlags::features_b, bit), yes) == v3);
    for (const int bit : {3, 5, 8}) EXPECT(levels_of(without(&ProcessorFlags::features_b, bit), yes) == v2);
    for (const int bit : {12, 22, 28, 29}) EXPECT(levels_of(without(&ProcessorFlags::basic_c, bit), yes) == v2);
    for (const int bit : {0, 9, 13, 19, 20, 23}) EXPECT(levels_of(without(&ProcessorFlags::basic_c, bit), yes).empty());
    EXPECT(chosen_first(all, nullptr) == all && chosen_first(all, "") == all);
    EXPECT((chosen_first(all, "x86-64-v4") == Levels{Isa::v4, Isa::v4_amx, Isa::v3, Isa::v2}));
    EXPECT((chosen_first(all, "x86-64-v2") == Levels{Isa::v2, Isa::v4_amx, Isa::v4, Isa::v3}));
    EXPECT(chosen_first(all, "x86-64-v4+amx") == all);
    EXPECT(chosen_first(v4, "x86-64-v4+amx").empty() && chosen_first(all, "x86-64-v5").empty());
    std::printf("%s: isa_test\n", failures == 0 ? "passed" : "FAILED");
    return failures == 0 ? 0 : 1;
}
