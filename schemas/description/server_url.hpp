// Addresses as OpenAPI has them: references that may be relative, and may hold variables in braces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onceway::description {

/// The five parts of a reference. Any text has them. Rule: RFC 3986, appendix B.
struct Reference {
    std::optional<std::string_view> scheme, authority;
    std::string_view path;
    std::optional<std::string_view> query;  // without '?'; a fragment is dropped

    static Reference of(std::string_view text);
};

/// True when `url` holds a template variable.
inline bool has_variables(std::string_view url) { return url.find('{') != std::string_view::npos; }

/// What stands in place of `url` when hosts are hidden: its path, or nothing when there is no host in it to hide.
std::optional<std::string> without_host(std::string_view url);

}  // namespace onceway::description
