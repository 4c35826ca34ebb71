// What request and response heads have in common: the octets that may stand where, the lines, the framing. For the
// scanners of this folder only; callers read `http_head.hpp`.
#pragma once

#include "schemas/message/http_head.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace onceway::message::scanning {

using OctetTable = std::array<bool, 256>;

template <class Belongs>
constexpr OctetTable table_of(Belongs belongs) {
    OctetTable table{};
    for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = belongs(i);
    return table;
}
constexpr bool is_letter_or_digit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
constexpr bool one_of(std::string_view set, int c) {
    return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}

inline constexpr auto token_octets =
    table_of([](int c) { return is_letter_or_digit(c) || one_of("!#$%&'*+-.^_`|~", c); });
inline constexpr auto value_octets = table_of([](int c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
inline constexpr auto host_octets = table_of([](int c) { return is_letter_or_digit(c) || one_of("-._", c); });
inline constexpr auto path_octets =
    table_of([](int c) { return is_letter_or_digit(c) || one_of("-._~!$&'()*+,;=:@/%", c); });
// Square brackets are not of RFC 3986 in a query, but `a[0]=x` is common and a genuine provider's server reads it.
inline constexpr auto query_octets =
    table_of([](int c) { return path_octets[static_cast<std::size_t>(c)] || one_of("?[]", c); });

inline bool all_of(std::string_view text, const OctetTable& table) {
    return std::all_of(text.begin(), text.end(), [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

/// Foreign text for a reason. Targets and values of unknown fields are never shown: they may hold somebody's number,
/// and reasons go into logs.
std::string shown(std::string_view text);
std::string_view trimmed(std::string_view text);

/// What a head looks like before its fields mean anything.
struct RawHead {
    std::string_view start;
    Fields fields;
};

/// Takes a head apart into lines and fields. `code` is what its refusals carry.
class Scanner {
public:
    Scanner(OctetsView octets, const HeadRules& rules, FaultCode code) : octets_(octets), rules_(rules), code_(code) {}

    Result<RawHead> read();
    Fault refused(std::string detail) const { return fault(code_, "HTTP head: " + std::move(detail)); }

private:
    Result<std::string_view> line();
    Result<void> add(Fields& fields, std::string_view text) const;

    OctetsView octets_;
    const HeadRules& rules_;
    FaultCode code_;
};

/// Refuses fields that stand there twice and must not, and octets beyond ASCII in values that decide something.
Result<void> check_repetitions(const Fields& fields, const HeadRules& rules, const Scanner& scanner);

/// The framing that the fields declare; kind none when they declare nothing.
Result<Framing> declared_framing(const Fields& fields, int minor_version, const Scanner& scanner);

/// Whether the connection outlives this message: what all `Connection` fields and the version say together.
bool keeps_alive(const Fields& fields, int minor_version);

/// "HTTP/1.1" or "HTTP/1.0": the minor version; none for anything else.
std::optional<int> minor_version_of(std::string_view version);

}  // namespace onceway::message::scanning
