#include "security-server/transport/ocsp_form.hpp"

#include <optional>

namespace onceway::transport {
namespace {

/// Takes one DER element with `tag` off the front of `octets` and gives its content.
std::optional<OctetsView> take(OctetsView& octets, unsigned char tag) {
    if (octets.size() < 2 || static_cast<unsigned char>(octets[0]) != tag) return std::nullopt;
    std::size_t length = static_cast<unsigned char>(octets[1]), head = 2;
    if (length >= 0x80) {
        const std::size_t count = length - 0x80;
        if (count == 0 || count > 4 || octets.size() < 2 + count) return std::nullopt;
        length = 0;
        for (std::size_t i = 0; i < count; ++i) length = length << 8 | static_cast<unsigned char>(octets[2 + i]);
        head += count;
    }
    if (octets.size() - head < length) return std::nullopt;
    const OctetsView content = octets.substr(head, length);
    octets.remove_prefix(head + length);
    return content;
}

constexpr unsigned char sequence = 0x30, enumerated = 0x0a, explicit_0 = 0xa0, object_id = 0x06, octet_string = 0x04;

}  // namespace

bool is_ocsp_response(OctetsView octets) {
    auto response = take(octets, sequence);
    if (!response) return false;
    const auto status = take(*response, enumerated);
    if (!status || status->size() != 1) return false;
    if (response->empty()) return true;
    auto tagged = take(*response, explicit_0);
    if (!tagged || !response->empty()) return false;
    auto typed = take(*tagged, sequence);
    return typed && tagged->empty() && take(*typed, object_id) && take(*typed, octet_string) && typed->empty();
}

}  // namespace onceway::transport
