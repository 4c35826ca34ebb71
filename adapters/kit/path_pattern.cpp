#include "adapters/kit/path_pattern.hpp"

#include "schemas/base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::kit {
namespace {

Fault refused(std::string detail) { return fault(FaultCode::invalid_argument, std::move(detail)); }

/// The segments behind the leading '/'.
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    if (path.starts_with('/')) path.remove_prefix(1);
    while (true) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_name(std::string_view text) {
    return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

bool is_literal(std::string_view text) {
    return !text.empty() && text != "." && text != ".." && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == '~';
    });
}

}  // namespace

Result<std::string> decode_percent(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        auto octet = from_hex(text.substr(i + 1, 2));
        if (i + 2 >= text.size() || !octet) return refused("an incomplete escape");
        decoded += *octet;
        i += 2;
    }
    if (!is_utf8(decoded)) return refused("octets that are not UTF-8");
    for (const char c : decoded)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return refused("a control character");
    return decoded;
}

Result<PathPattern> PathPattern::parse(std::string_view text) {
    if (!text.starts_with('/')) return refused(fmt::format("path '{}' does not begin with '/'", text));
    PathPattern pattern;
    pattern.text_ = text;
    for (const auto segment : split(text)) {
        const bool braces = segment.starts_with('{') && segment.ends_with('}') && segment.size() > 2;
        const auto name = braces ? segment.substr(1, segment.size() - 2) : segment;
        if (braces && !is_name(name))
            return refused(fmt::format("path '{}': {{{}}} is no name of small letters, digits and '_'", text, name));
        if (!braces && !is_literal(name))
            return refused(
                fmt::format("path '{}': segment '{}' is neither plain text nor one {{name}}", text, segment));
        for (const auto& earlier : pattern.segments_)
            if (braces && earlier.is_parameter && earlier.text == name)
                return refused(fmt::format("path '{}' names {{{}}} twice", text, name));
        pattern.segments_.push_back({std::string(name), braces});
    }
    return pattern;
}

std::vector<std::string> PathPattern::names() const {
    std::vector<std::string> names;
    for (const auto& segment : segments_)
        if (segment.is_parameter) names.push_back(segment.text);
    return names;
}

Result<std::optional<std::map<std::string, std::string>>> PathPattern::match(std::string_view path) const {
    using Values = std::map<std::string, std::string>;
    const auto given = split(path);
    if (given.size() != segments_.size()) return std::optional<Values>{};
    for (std::size_t i = 0; i < given.size(); ++i) {
        const bool fits = segments_[i].is_parameter ? !given[i].empty() : given[i] == segments_[i].text;
        if (!fits) return std::optional<Values>{};
    }
    Values values;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (!segments_[i].is_parameter) continue;
        auto value = decode_percent(given[i]);
        if (!value) return refused(fmt::format("{} holds {}", segments_[i].text, value.error().detail));
        values.emplace(segments_[i].text, std::move(*value));
    }
    return std::optional<Values>{std::move(values)};
}

bool PathPattern::overlaps(const PathPattern& other) const {
    if (segments_.size() != other.segments_.size()) return false;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const auto &mine = segments_[i], &theirs = other.segments_[i];
        if (!mine.is_parameter && !theirs.is_parameter && mine.text != theirs.text) return false;
    }
    return true;
}

}  // namespace onceway::kit
