// Media types and boundaries, as HTTP fields and MIME headers carry them.
#include "schemas/message/mime.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::message {
namespace {

bool is_token_octet(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

Fault refused(std::string_view value, std::string_view why) {
    std::string shown;
    for (const char c : value.substr(0, 80)) shown += c < 0x20 || c == 0x7f ? '.' : c;
    return fault(FaultCode::invalid_content_type, fmt::format("content type '{}' {}", shown, why));
}

std::string_view skip_blanks(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    return text;
}

std::string_view take_token(std::string_view& text) {
    const auto end =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_token_octet) - text.begin());
    const auto token = text.substr(0, end);
    text.remove_prefix(end);
    return token;
}

/// A quoted string at the front of `text`, without quotes and backslashes; none when the closing quote is missing.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        if (text[i] == '\\' && ++i == text.size()) break;
        value += text[i];
    }
    return std::nullopt;
}

}  // namespace

Result<MediaType> MediaType::parse(std::string_view value) {
    for (const char c : value)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || static_cast<unsigned char>(c) >= 0x7f)
            return refused(value, "holds an octet that is not printable ASCII");
    MediaType type;
    auto rest = skip_blanks(value);
    const auto end = static_cast<std::size_t>(
        std::find_if_not(rest.begin(), rest.end(), [](char c) { return is_token_octet(c) || c == '/'; }) -
        rest.begin());
    type.base = to_lower(rest.substr(0, end));
    if (type.base.empty()) return refused(value, "names no type");
    const auto slash = type.base.find('/');
    if (slash == 0 || slash == std::string::npos || type.base.back() == '/')
        return refused(value, "is no type/subtype");
    rest.remove_prefix(end);

    while (!(rest = skip_blanks(rest)).empty()) {
        if (rest.front() != ';') return refused(value, "holds a character that does not belong there");
        rest = skip_blanks(rest.substr(1));
        if (rest.empty() || rest.front() == ';') continue;  // "text/xml;" is common and harmless
        const auto name = to_lower(take_token(rest));
        rest = skip_blanks(rest);
        if (name.empty() || rest.empty() || rest.front() != '=') return refused(value, "has a parameter without value");
        rest = skip_blanks(rest.substr(1));
        if (type.parameter(name)) return refused(value, fmt::format("has parameter {} twice", name));
        if (!rest.empty() && rest.front() == '"') {
            auto quoted = take_quoted(rest);
            if (!quoted) return refused(value, "has a quote that does not close");
            type.parameters.emplace_back(name, std::move(*quoted));
        } else {
            // Unquoted values of genuine senders hold '/' and ':' as well ("start-info=text/xml").
            const auto stop = std::min(rest.find_first_of("; \t\""), rest.size());
            type.parameters.emplace_back(name, rest.substr(0, stop));
            rest.remove_prefix(stop);
        }
    }
    return type;
}

Result<std::string> boundary_of(std::string_view content_type) {
    auto type = MediaType::parse(content_type);
    return type ? boundary_of(*type) : type.error();
}

Result<std::string> boundary_of(const MediaType& type) {
    if (!type.base.starts_with("multipart/")) return refused(type.base, "is no multipart");
    const auto boundary = type.parameter("boundary");
    if (!boundary) return fault(FaultCode::mime_parsing_failed, "the multipart has no boundary");
    if (boundary->empty() || boundary->size() > limits::mime_boundary_octets)
        return fault(FaultCode::mime_parsing_failed, fmt::format("the boundary has {} characters, not 1 to {}",
                                                                 boundary->size(), limits::mime_boundary_octets));
    const bool known = std::all_of(boundary->begin(), boundary->end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
    });
    if (!known || boundary->back() == ' ')
        return fault(FaultCode::mime_parsing_failed, "the boundary holds a character that RFC 2046 does not allow");
    return std::string(*boundary);
}

void MimeWriter::open_part(std::string& octets, std::string_view content_type, const Fields& more) {
    octets.append(first_ ? "--" : "\r\n--").append(boundary_).append("\r\n");
    first_ = false;
    append_field(octets, "content-type", content_type);
    for (const auto& [name, value] : more) append_field(octets, name, value);
    octets.append("\r\n");
}

std::string MimeWriter::open_part(std::string_view content_type, const Fields& more) {
    std::string framing;
    open_part(framing, content_type, more);
    return framing;
}

void MimeWriter::close(std::string& octets) const { octets.append("\r\n--").append(boundary_).append("--\r\n"); }

std::string MimeWriter::close() const {
    std::string end;
    close(end);
    return end;
}

std::string random_boundary() { return "xtop" + random_letters(30); }

}  // namespace onceway::message
