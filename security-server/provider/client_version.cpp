#include "security-server/provider/client_version.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <string>
#include <vector>

namespace onceway::provider {
namespace {

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
bool is_plain_number(std::string_view text) { return is_digits(text) && (text.size() == 1 || text.front() != '0'); }
bool is_identifier(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    });
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto dot = text.find('.');
        parts.push_back(text.substr(0, dot));
        if (dot == text.npos) return parts;
        text.remove_prefix(dot + 1);
    }
}

struct Version {
    std::vector<std::string_view> core, pre_release;  // views into the text
};

/// MAJOR.MINOR.PATCH[-pre.release][+build], as semver.org writes it.
std::optional<Version> read(std::string_view text) {
    if (text.size() > 100) return std::nullopt;
    const auto plus = text.find('+');
    if (plus != text.npos && !std::ranges::all_of(split(text.substr(plus + 1)), is_identifier)) return std::nullopt;
    text = text.substr(0, plus);
    const auto hyphen = text.find('-');
    Version version{.core = split(text.substr(0, hyphen)), .pre_release = {}};
    if (version.core.size() != 3 || !std::ranges::all_of(version.core, is_plain_number)) return std::nullopt;
    if (hyphen == text.npos) return version;
    version.pre_release = split(text.substr(hyphen + 1));
    const auto fits = [](std::string_view part) {
        return is_identifier(part) && (!is_digits(part) || is_plain_number(part));
    };
    if (!std::ranges::all_of(version.pre_release, fits)) return std::nullopt;
    return version;
}

std::strong_ordering by_number(std::string_view one, std::string_view other) {
    if (one.size() != other.size()) return one.size() <=> other.size();  // without leading zeros
    return one <=> other;
}

/// Numbers count as numbers and come before words.
std::strong_ordering by_rank(std::string_view one, std::string_view other) {
    if (is_digits(one) && is_digits(other)) return by_number(one, other);
    if (is_digits(one) != is_digits(other))
        return is_digits(one) ? std::strong_ordering::less : std::strong_ordering::greater;
    return one <=> other;
}

bool is_lower(const Version& one, const Version& other) {
    for (std::size_t i = 0; i < one.core.size(); ++i)
        if (const auto order = by_number(one.core[i], other.core[i]); order != 0) return order < 0;
    if (one.pre_release.empty() || other.pre_release.empty())
        return !one.pre_release.empty() && other.pre_release.empty();
    return std::ranges::lexicographical_compare(
        one.pre_release, other.pre_release, [](std::string_view a, std::string_view b) { return by_rank(a, b) < 0; });
}

}  // namespace

bool is_semantic_version(std::string_view text) { return read(text).has_value(); }

Result<void> check_client_version(std::string_view version, std::string_view least) {
    const auto wanted = read(least);
    if (!wanted)
        return fault(FaultCode::internal_error, "The least version of other servers that this server is set to, '" +
                                                    std::string(least) + "', is none; it must be like 7.6.0.");
    const auto theirs = read(version);
    if (!theirs)
        return fault(FaultCode::internal_error,
                     version.empty()
                         ? "The message has no x-proxy-version header, and this server asks for one."
                         : "The x-proxy-version '" + std::string(version.substr(0, 60)) + "' is no semantic version.");
    if (is_lower(*theirs, *wanted))
        return fault(FaultCode::client_proxy_version_not_supported,
                     "The other security server speaks version " + std::string(version) + "; this one asks for " +
                         std::string(least) + " or later. Upgrade the other one.");
    return {};
}

}  // namespace onceway::provider
