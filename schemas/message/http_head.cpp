#include "schemas/message/http_head.hpp"

#include "schemas/message/head_scanner.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace onceway::message {

using namespace scanning;

std::optional<std::string_view> field(const Fields& fields, std::string_view name) {
    for (const auto& [known, value] : fields)
        if (same_ignoring_case(known, name)) return value;
    return std::nullopt;
}

std::size_t count_fields(const Fields& fields, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(
        fields.begin(), fields.end(), [&](const auto& known) { return same_ignoring_case(known.first, name); }));
}

std::optional<std::size_t> head_end(OctetsView octets) {
    // Also finds an end made of bare LFs, so that such a head is refused at once and not awaited for ever.
    for (auto lf = octets.find('\n'); lf != OctetsView::npos; lf = octets.find('\n', lf + 1)) {
        const auto next = octets.substr(lf + 1, 2);
        if (next.starts_with('\n')) return lf + 2;
        if (next == "\r\n") return lf + 3;
    }
    return std::nullopt;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    if (name.empty() || !all_of(name, token_octets))
        throw std::invalid_argument(fmt::format("'{}' is no field name", shown(name)));
    if (!all_of(value, value_octets))
        throw std::invalid_argument(fmt::format("the value of field {} holds a control character", name));
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace onceway::message
