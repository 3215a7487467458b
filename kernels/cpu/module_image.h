// module_image.h: what nvrtcGetCUBIN hands out and cuModuleLoadData takes on this device: a list of kernel names
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ditto
{
enum class ImageFault
{
    none,
    not_an_image,  // torn, or of another kind
    of_another_build,
};

// magic (8) | bytes of the whole (8) | fingerprint of the rest (8) | fingerprint of the registry (8) | names, each ended by NUL
std::string write_image(const std::vector<std::string>& names);
ImageFault read_image(const void* image, std::vector<std::string>& names);
}  // namespace ditto
