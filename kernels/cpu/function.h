// function.h: a kernel of a loaded module
#pragma once

#include <memory>
#include <string>

#include "context.h"
#include "kernel_table.h"

namespace ditto
{
struct Function
{
    std::shared_ptr<Context> context;
    const KernelEntry* kernel;
    std::string name;
};

std::shared_ptr<Function> find_function(CUfunction handle);  // throws INVALID_HANDLE
}  // namespace ditto
