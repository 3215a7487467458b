// module_image.cpp: writes and reads module images. The driver call that reads one is not told its length, so the length inside
// is believed up to a bound before the fingerprint is checked
#include "module_image.h"

#include <cstdint>
#include <cstring>

#include "fingerprint.h"
#include "registry.h"

namespace ditto
{
namespace
{
constexpr char MAGIC[8] = {'D', 'I', 'T', 'T', 'O', 'C', 'P', 'U'};
constexpr std::uint64_t MAX_BYTES = 1 << 20;

struct Header
{
    char magic[8];
    std::uint64_t bytes, checksum, registry;
};
static_assert(sizeof(Header) == 32);

std::uint64_t checksum_of(const void* image, std::uint64_t bytes)
{
    constexpr std::size_t SKIPPED = offsetof(Header, registry);
    return fingerprint(static_cast<const char*>(image) + SKIPPED, bytes - SKIPPED);
}
}  // namespace

std::string write_image(const std::vector<std::string>& names)
{
    std::string image(sizeof(Header), '\0');
    for (const std::string& name : names) image.append(name.c_str(), name.size() + 1);
    Header header{{}, image.size(), 0, registry_fingerprint()};
    std::memcpy(header.magic, MAGIC, sizeof MAGIC);
    std::memcpy(image.data(), &header, sizeof header);
    header.checksum = checksum_of(image.data(), image.size());
    std::memcpy(image.data(), &header, sizeof header);
    return image;
}

ImageFault read_image(const void* image, std::vector<std::string>& names)
{
    if (std::strncmp(static_cast<const char*>(image), MAGIC, sizeof MAGIC) != 0) return ImageFault::not_an_image;
    Header header;
    std::memcpy(&header, image, sizeof header);
    if (header.bytes < sizeof header || header.bytes > MAX_BYTES) return ImageFault::not_an_image;
    if (header.checksum != checksum_of(image, header.bytes)) return ImageFault::not_an_image;
    if (header.registry != registry_fingerprint()) return ImageFault::of_another_build;
    const char* text = static_cast<const char*>(image) + sizeof header;
    const char* end = static_cast<const char*>(image) + header.bytes;
    while (text < end)
    {
        names.emplace_back(text, strnlen(text, static_cast<std::size_t>(end - text)));
        text += names.back().size() + 1;
    }
    return ImageFault::none;
}
}  // namespace ditto
