#include "security-server/metadata/form.hpp"

#include "schemas/base/bytes.hpp"

#include <fmt/format.h>

namespace onceway::metadata {
namespace {

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%')
            if (const auto octet = from_hex(text.substr(at + 1, 2)); octet && octet->size() == 1) {
                plain += *octet;
                at += 2;
                continue;
            }
        plain += text[at] == '+' ? ' ' : text[at];
    }
    return plain;
}

bool is_literal(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '*' || c == '_';
}

}  // namespace

Query Query::of(std::string_view target) {
    Query query;
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return query;
    auto rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const auto pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        query.parameters_.emplace_back(decoded(pair.substr(0, equals)), decoded(value));
    }
    return query;
}

std::optional<std::string_view> Query::value(std::string_view name) const {
    for (const auto& [found, value] : parameters_)
        if (found == name) return value;
    return std::nullopt;
}

std::optional<std::string_view> Query::value_of_any_case(std::string_view name) const {
    for (const auto& [found, value] : parameters_)
        if (same_ignoring_case(found, name)) return value;
    return std::nullopt;
}

std::string form_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_literal(c))
            encoded += c;
        else if (c == ' ')
            encoded += '+';
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

}  // namespace onceway::metadata
