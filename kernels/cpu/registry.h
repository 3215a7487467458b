// registry.h: from an NVRTC name expression to the compiled kernel of an ISA level
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isa.h"
#include "kernel_table.h"

namespace ditto
{
// The spelling that tables use: without spaces.
std::string normalised_name(std::string_view expression);

// Null where there is no such kernel. The name must be normalised.
const KernelEntry* find_kernel(Isa isa, std::string_view name);

// Names of all instantiations of the kernel that an expression names ("gelu_tanh<int>": those of gelu_tanh), sorted.
std::vector<std::string_view> instantiations_of(std::string_view name);

// Changes when the set of kernels or their parameters do; part of a module image, so that one of another build is refused.
unsigned long long registry_fingerprint();
}  // namespace ditto
