// Looking into texts, as tests of refusals do.
#pragma once

#include <string_view>

namespace onceway::tests {

inline bool contains(std::string_view text, std::string_view wanted) {
    return text.find(wanted) != std::string_view::npos;
}

/// How many times `wanted` stands in `text`, not overlapping.
inline std::size_t count_of(std::string_view text, std::string_view wanted) {
    std::size_t count = 0;
    for (auto at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + wanted.size())) ++count;
    return count;
}

}  // namespace onceway::tests
