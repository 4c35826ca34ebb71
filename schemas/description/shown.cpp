#include "schemas/description/shown.hpp"

namespace onceway::description {
namespace {

constexpr std::size_t most_shown = 200;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string without_controls(std::string_view text) {
    std::string clean(text);
    for (std::size_t at = 0; at < clean.size(); ++at) {
        const auto octet = static_cast<unsigned char>(clean[at]);
        if (octet < 0x20 || octet == 0x7F) clean[at] = ' ';
        // U+0080 to U+009F are two octets: C2, and one below A0.
        if (octet == 0xC2 && at + 1 < clean.size() && static_cast<unsigned char>(clean[at + 1]) < 0xA0)
            clean.replace(at, 2, " ");
    }
    return clean;
}

std::string shown(std::string_view text) {
    if (text.size() <= most_shown) return without_controls(text);
    auto end = most_shown;
    while (end > 0 && continues(text[end])) --end;
    return without_controls(text.substr(0, end)) + "…";
}

}  // namespace onceway::description
