// driver_module.cpp: modules and functions; a module is a list of names that the registry has kernels for
#include <map>

#include "driver_error.h"
#include "executor.h"
#include "function.h"
#include "handles.h"
#include "module_image.h"
#include "registry.h"
#include "stream.h"

namespace ditto
{
namespace
{
struct Module
{
    std::shared_ptr<Context> context;
    CUmodule handle;
    std::map<std::string, CUfunction> functions;
};

struct Modules
{
    HandleTable<Module> modules{0x55};
    HandleTable<Function> functions{0x66};
};

Modules& tables()
{
    static Modules* instance = new Modules;
    return *instance;
}

CUresult load(CUmodule* handle, const void* image)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Context> context = current_context();
            require(handle != nullptr && image != nullptr);
            std::vector<std::string> names;
            const ImageFault fault = read_image(image, names);
            require(fault != ImageFault::not_an_image, CUDA_ERROR_INVALID_IMAGE);
            require(fault != ImageFault::of_another_build, CUDA_ERROR_NO_BINARY_FOR_GPU);
            const std::shared_ptr<Module> module = std::make_shared<Module>();
            module->context = context;
            std::vector<std::shared_ptr<Function>> functions;
            for (const std::string& name : names)
            {
                const KernelEntry* kernel = find_kernel(context->isa, name);
                require(kernel != nullptr, CUDA_ERROR_NO_BINARY_FOR_GPU);
                functions.push_back(std::make_shared<Function>(Function{context, kernel, name}));
            }
            for (const std::shared_ptr<Function>& function : functions)
                module->functions[function->name] = static_cast<CUfunction>(tables().functions.add(function));
            module->handle = static_cast<CUmodule>(tables().modules.add(module));
            *handle = module->handle;
        });
}

int attribute_of(CUfunction_attribute attribute)
{
    switch (attribute)
    {
        case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
            return 1;
        case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
            return -1;
        default:
            return 0;  // no registers, no shared or local memory to speak of
    }
}
}  // namespace

std::shared_ptr<Function> find_function(CUfunction handle) { return tables().functions.find(handle); }

void release_modules_of(const Context& context) noexcept
{
    tables().modules.remove_if([&](const Module& module) { return module.context.get() == &context; });
    tables().functions.remove_if([&](const Function& function) { return function.context.get() == &context; });
}
}  // namespace ditto

using namespace ditto;

DITTO_API CUresult cuModuleLoadData(CUmodule* module, const void* image) { return load(module, image); }

// NOLINTNEXTLINE(readability-non-const-parameter): the driver's own signature
DITTO_API CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned option_count, int* options, void** values)
{
    if (option_count > 0 && (options == nullptr || values == nullptr)) return CUDA_ERROR_INVALID_VALUE;
    constexpr int INFO_LOG_SIZE = 4, ERROR_LOG_SIZE = 6;  // outputs as well: bytes written, here none
    for (unsigned i = 0; i < option_count; ++i)
        if (options[i] == INFO_LOG_SIZE || options[i] == ERROR_LOG_SIZE) values[i] = nullptr;
    return load(module, image);
}

DITTO_API CUresult cuModuleUnload(CUmodule handle)
{
    return driver_call(
        [&]
        {
            const std::shared_ptr<Module> module = tables().modules.remove(handle);
            for (const auto& [name, function] : module->functions) tables().functions.remove(function);
        });
}

DITTO_API CUresult cuModuleGetFunction(CUfunction* function, CUmodule handle, const char* name)
{
    return driver_call(
        [&]
        {
            require(function != nullptr && name != nullptr);
            const std::shared_ptr<Module> module = tables().modules.find(handle);
            const auto found = module->functions.find(normalised_name(name));
            require(found != module->functions.end(), CUDA_ERROR_NOT_FOUND);
            *function = found->second;
        });
}

DITTO_API CUresult cuModuleGetGlobal_v2(CUdeviceptr*, std::size_t*, CUmodule handle, const char* name)
{
    return driver_call(
        [&]
        {
            require(name != nullptr);
            tables().modules.find(handle);
            throw DriverError(CUDA_ERROR_NOT_FOUND);  // kernels have no variables
        });
}

DITTO_API CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction function)
{
    return driver_call(
        [&]
        {
            require(value != nullptr && attribute >= 0 && attribute < CU_FUNC_ATTRIBUTE_MAX);
            find_function(function);
            *value = attribute_of(attribute);
        });
}

DITTO_API CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value)
{
    return driver_call(
        [&]
        {
            find_function(function);
            const bool settable = attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES ||
                                  attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT;
            require(settable && value >= -1);
            if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) require(value == 0);  // the device has none
        });
}

DITTO_API CUresult cuFuncGetName(const char** name, CUfunction function)
{
    return driver_call(
        [&]
        {
            require(name != nullptr);
            *name = find_function(function)->name.c_str();  // lives as long as the module
        });
}
