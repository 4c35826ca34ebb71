#include "schemas/description/server_url.hpp"

#include "schemas/description/openapi.hpp"
#include "schemas/description/shown.hpp"

#include <fmt/format.h>

namespace onceway::description {
namespace {

/// Rule: RFC 3986 §5.2.4.
std::string without_dot_segments(std::string_view path) {
    std::vector<std::string_view> kept;
    bool ends_open = false;  // the last segment was a dot segment: the result ends in '/'
    const bool rooted = path.starts_with('/');
    if (rooted) path.remove_prefix(1);
    for (;;) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        ends_open = segment == "." || segment == "..";
        if (segment == ".." && !kept.empty()) kept.pop_back();
        if (!ends_open) kept.push_back(segment);
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    if (ends_open) kept.emplace_back();
    return fmt::format("{}{}", rooted ? "/" : "", fmt::join(kept, "/"));
}

/// Rule: RFC 3986 §5.2.3.
std::string merged(const Reference& base, std::string_view path) {
    if (base.path.empty()) return "/" + std::string(path);
    const auto slash = base.path.rfind('/');
    return std::string(base.path.substr(0, slash == std::string_view::npos ? 0 : slash + 1)) + std::string(path);
}

}  // namespace

Reference Reference::of(std::string_view text) {
    Reference parts;
    text = text.substr(0, text.find('#'));
    if (const auto colon = text.find_first_of(":/?");
        colon != std::string_view::npos && colon > 0 && text[colon] == ':') {
        parts.scheme = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (text.starts_with("//")) {
        const auto end = std::min(text.find_first_of("/?", 2), text.size());
        parts.authority = text.substr(2, end - 2);
        text.remove_prefix(end);
    }
    if (const auto mark = text.find('?'); mark != std::string_view::npos) {
        parts.query = text.substr(mark + 1);
        text = text.substr(0, mark);
    }
    parts.path = text;
    return parts;
}

std::optional<std::string> without_host(std::string_view url) {
    const auto parts = Reference::of(url);
    if (!parts.scheme && !parts.authority) return std::nullopt;
    return std::string(parts.path);
}

Result<std::string> resolve_server_url(std::string_view description_url, std::string_view server_url) {
    const auto base = Reference::of(description_url);
    const auto given = Reference::of(server_url);
    if (!base.scheme || !base.authority)
        return fault(
            FaultCode::service_malformed_url,
            fmt::format("The address of the description is '{}', which is not absolute", shown(description_url)));

    // Rule: RFC 3986 §5.2.2.
    auto scheme = std::string(given.scheme.value_or(*base.scheme));
    auto authority = given.scheme || given.authority ? given.authority : base.authority;
    auto path = std::string(given.path);
    auto query = given.query;
    if (!given.scheme && !given.authority) {
        if (path.empty()) {
            path = base.path;
            if (!query) query = base.query;
        } else if (!path.starts_with('/')) {
            path = merged(base, path);
        }
    }
    if (!(same_ignoring_case(scheme, "http") || same_ignoring_case(scheme, "https")) || !authority ||
        authority->empty())
        return fault(FaultCode::service_malformed_url,
                     fmt::format("The service's address in its description is '{}', which is neither http nor https; "
                                 "name an address of these in `servers`",
                                 shown(server_url)));
    return fmt::format("{}://{}{}{}{}", scheme, *authority, without_dot_segments(path), query ? "?" : "",
                       query.value_or(""));
}

Format format_of(std::string_view content_type, std::string_view url) {
    const auto type = to_lower(content_type);
    if (type.find("application/json") != std::string::npos) return Format::json;
    if (type == "application/x-yaml") return Format::yaml;
    return Reference::of(url).path.ends_with(".json") ? Format::json : Format::yaml;
}

}  // namespace onceway::description
