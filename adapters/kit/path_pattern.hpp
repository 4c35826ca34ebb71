// Paths with parameters: "/persons/{identity_number}".
#pragma once

#include "schemas/base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::kit {

/// Decodes `%XY` once. Faults: `invalid_argument`: an incomplete escape, or octets that are not UTF-8 text.
Result<std::string> decode_percent(std::string_view text);

class PathPattern {
public:
    /// Reads a pattern: it begins with '/', and each segment is literal text of unreserved characters or one {name} of
    /// small letters, digits and '_'. Faults: `invalid_argument`.
    static Result<PathPattern> parse(std::string_view text);

    const std::string& text() const { return text_; }
    std::vector<std::string> names() const;

    /// The values of the parameters when `path` (raw, without query) fits; none when it does not. The path is split
    /// first and each segment decoded once; an empty segment fits no parameter. Faults: `invalid_argument`, when it
    /// fits but for an escape that cannot be decoded.
    Result<std::optional<std::map<std::string, std::string>>> match(std::string_view path) const;

    /// True when some path fits both.
    bool overlaps(const PathPattern& other) const;

private:
    struct Segment {
        std::string text;  // literal text, or a name
        bool is_parameter = false;
    };
    std::string text_;
    std::vector<Segment> segments_;
};

}  // namespace onceway::kit
