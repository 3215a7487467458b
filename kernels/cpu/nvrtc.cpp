// nvrtc.cpp: NVRTC's calls where kernels are compiled already: a program is a list of name expressions that are looked up
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "abi.h"
#include "isa.h"
#include "module_image.h"
#include "registry.h"

enum nvrtcResult : int
{
    NVRTC_SUCCESS = 0,
    NVRTC_ERROR_OUT_OF_MEMORY = 1,
    NVRTC_ERROR_INVALID_INPUT = 3,
    NVRTC_ERROR_INVALID_PROGRAM = 4,
    NVRTC_ERROR_COMPILATION = 6,
    NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION = 8,
    NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION = 9,
    NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
    NVRTC_ERROR_INTERNAL_ERROR = 11,
};

struct _nvrtcProgram  // NOLINT(bugprone-reserved-identifier): NVRTC's own name
{
    std::string name, log, image, text;
    std::map<std::string, std::string> lowered;  // as given -> as looked up
    bool compiled = false;
};
using nvrtcProgram = _nvrtcProgram*;

namespace ditto
{
namespace
{
template <typename Body>
nvrtcResult nvrtc_call(Body&& body) noexcept
{
    try
    {
        return body();
    }
    catch (const std::bad_alloc&)
    {
        return NVRTC_ERROR_OUT_OF_MEMORY;
    }
    catch (...)
    {
        return NVRTC_ERROR_INTERNAL_ERROR;
    }
}

// The text that NVRTC itself would give has the file, the expression and a count; so has this one.
void describe_missing(_nvrtcProgram& program, const std::string& expression, const std::string& name)
{
    program.log += program.name + ": error: no kernel \"" + expression + "\" was built into the CPU device";
    const std::vector<std::string_view> known = instantiations_of(name);
    if (!known.empty()) program.log += "; of this name it has";
    for (const std::string_view other : known) program.log.append(" ").append(other);
    program.log += '\n';
}

nvrtcResult compile(_nvrtcProgram& program)
{
    program.log.clear();
    int errors = 0;
    std::vector<std::string> names;
    for (auto& [expression, lowered] : program.lowered)
    {
        lowered = normalised_name(expression);
        // The set is the same for all levels, so a program needs no device, as with NVRTC.
        if (find_kernel(Isa::v2, lowered) != nullptr)
            names.push_back(lowered);
        else
        {
            ++errors;
            describe_missing(program, expression, lowered);
        }
    }
    if (errors > 0)
    {
        program.log += std::to_string(errors) + (errors == 1 ? " error" : " errors") + " detected in the compilation of \"" +
                       program.name + "\".\n";
        return NVRTC_ERROR_COMPILATION;
    }
    program.image = write_image(names);
    program.text = "// The CPU device has no PTX: its kernels were compiled when its library was built. This program has:\n";
    for (const std::string& name : names) program.text += "//   " + name + "\n";
    program.compiled = true;
    return NVRTC_SUCCESS;
}

nvrtcResult copy_text(nvrtcProgram program, const std::string _nvrtcProgram::*text, bool needs_compiled, bool with_nul,
                      char* destination)
{
    if (program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
    if (destination == nullptr) return NVRTC_ERROR_INVALID_INPUT;
    if (needs_compiled && !program->compiled) return NVRTC_ERROR_INVALID_PROGRAM;
    const std::string& from = program->*text;
    std::copy_n(from.c_str(), from.size() + (with_nul ? 1 : 0), destination);
    return NVRTC_SUCCESS;
}

nvrtcResult text_size(nvrtcProgram program, const std::string _nvrtcProgram::*text, bool needs_compiled, bool with_nul,
                      std::size_t* size)
{
    if (program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
    if (size == nullptr) return NVRTC_ERROR_INVALID_INPUT;
    if (needs_compiled && !program->compiled) return NVRTC_ERROR_INVALID_PROGRAM;
    *size = (program->*text).size() + (with_nul ? 1 : 0);
    return NVRTC_SUCCESS;
}
}  // namespace
}  // namespace ditto

using namespace ditto;

DITTO_API const char* nvrtcGetErrorString(nvrtcResult result)
{
    constexpr const char* NAMES[] = {
        "NVRTC_SUCCESS",
        "NVRTC_ERROR_OUT_OF_MEMORY",
        "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
        "NVRTC_ERROR_INVALID_INPUT",
        "NVRTC_ERROR_INVALID_PROGRAM",
        "NVRTC_ERROR_INVALID_OPTION",
        "NVRTC_ERROR_COMPILATION",
        "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE",
        "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
        "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION",
        "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
        "NVRTC_ERROR_INTERNAL_ERROR",
    };
    return result >= 0 && result <= NVRTC_ERROR_INTERNAL_ERROR ? NAMES[result] : "NVRTC_ERROR unknown";
}

DITTO_API nvrtcResult nvrtcVersion(int* major, int* minor)
{
    if (major == nullptr || minor == nullptr) return NVRTC_ERROR_INVALID_INPUT;
    *major = 12;
    *minor = 9;
    return NVRTC_SUCCESS;
}

// This compiler makes code for no GPU.
DITTO_API nvrtcResult nvrtcGetNumSupportedArchs(int* count)
{
    if (count == nullptr) return NVRTC_ERROR_INVALID_INPUT;
    *count = 0;
    return NVRTC_SUCCESS;
}
// NOLINTNEXTLINE(readability-non-const-parameter): NVRTC's own signature
DITTO_API nvrtcResult nvrtcGetSupportedArchs(int* archs) { return archs == nullptr ? NVRTC_ERROR_INVALID_INPUT : NVRTC_SUCCESS; }

// The source and its headers are not read: the kernels that have the names were compiled from the files of the same build.
DITTO_API nvrtcResult nvrtcCreateProgram(nvrtcProgram* program, const char* source, const char* name, int header_count,
                                         const char* const* headers, const char* const* include_names)
{
    return nvrtc_call(
        [&]
        {
            if (program == nullptr || source == nullptr || header_count < 0) return NVRTC_ERROR_INVALID_INPUT;
            if (header_count > 0 && (headers == nullptr || include_names == nullptr)) return NVRTC_ERROR_INVALID_INPUT;
            *program = new _nvrtcProgram;
            (*program)->name = name == nullptr ? "default_program" : name;
            return NVRTC_SUCCESS;
        });
}

DITTO_API nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program)
{
    if (program == nullptr || *program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
    delete *program;
    *program = nullptr;
    return NVRTC_SUCCESS;
}

DITTO_API nvrtcResult nvrtcAddNameExpression(nvrtcProgram program, const char* expression)
{
    return nvrtc_call(
        [&]
        {
            if (program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
            if (expression == nullptr) return NVRTC_ERROR_INVALID_INPUT;
            if (program->compiled) return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
            program->lowered[expression];
            return NVRTC_SUCCESS;
        });
}

DITTO_API nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int option_count, const char* const* options)
{
    return nvrtc_call(
        [&]
        {
            if (program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
            if (option_count < 0 || (option_count > 0 && options == nullptr)) return NVRTC_ERROR_INVALID_INPUT;
            return compile(*program);
        });
}

DITTO_API nvrtcResult nvrtcGetLoweredName(nvrtcProgram program, const char* expression, const char** lowered)
{
    return nvrtc_call(
        [&]
        {
            if (program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
            if (expression == nullptr || lowered == nullptr) return NVRTC_ERROR_INVALID_INPUT;
            if (!program->compiled) return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
            const auto found = program->lowered.find(expression);
            if (found == program->lowered.end()) return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
            *lowered = found->second.c_str();
            return NVRTC_SUCCESS;
        });
}

DITTO_API nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, std::size_t* size)
{
    return text_size(program, &_nvrtcProgram::log, false, true, size);
}
DITTO_API nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char* log)
{
    return copy_text(program, &_nvrtcProgram::log, false, true, log);
}
DITTO_API nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, std::size_t* size)
{
    return text_size(program, &_nvrtcProgram::text, true, true, size);
}
DITTO_API nvrtcResult nvrtcGetPTX(nvrtcProgram program, char* text)
{
    return copy_text(program, &_nvrtcProgram::text, true, true, text);
}
DITTO_API nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, std::size_t* size)
{
    return text_size(program, &_nvrtcProgram::image, true, false, size);
}
DITTO_API nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* image)
{
    return copy_text(program, &_nvrtcProgram::image, true, false, image);
}
