// Who and what can be named: members, subsystems, services, security servers. Read from a URL, a header or XML;
// compared octet by octet; encoded anew for every place they go to.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::identity {

/// An organisation: `instance/class/code`. Rule: message-transport §1.1.
struct MemberId {
    std::string instance, member_class, member_code;
    auto operator<=>(const MemberId&) const = default;

    std::string url() const;   // each component percent-encoded (§1.4), joined by '/'
    std::string text() const;  // "MEMBER:I/C/M", for people and fault texts
};

/// What consumes or provides services: a member, or one of its subsystems.
struct ClientId {
    std::string instance, member_class, member_code;
    std::optional<std::string> subsystem;
    auto operator<=>(const ClientId&) const = default;

    MemberId member() const { return {instance, member_class, member_code}; }
    static ClientId of(const MemberId& member) {
        return {member.instance, member.member_class, member.member_code, std::nullopt};
    }
    std::string url() const;
    std::string text() const;  // "SUBSYSTEM:I/C/M/S" or "MEMBER:I/C/M"

    /// `X-Road-Client`: three or four segments. Faults: `internal_error` (message-transport §1.4, §2.5 give that code
    /// for every illegal identifier); `detail` says which component and why.
    static Result<ClientId> from_header(std::string_view value);
};

/// A service of a client. REST services have no version.
struct ServiceId {
    ClientId provider;
    std::string code;
    std::optional<std::string> version;
    auto operator<=>(const ServiceId&) const = default;

    std::string url() const;   // without the version, as `x-road-service` carries it
    std::string text() const;  // "SERVICE:I/C/M/S/svc[/ver]"

    /// `x-road-service`: exactly five segments.
    static Result<ServiceId> from_header(std::string_view value);
};

/// A security server: its owner and a code.
struct ServerId {
    MemberId owner;
    std::string code;
    auto operator<=>(const ServerId&) const = default;

    std::string url() const;
    std::string text() const;                                     // "SERVER:I/C/M/code"
    static Result<ServerId> from_header(std::string_view value);  // exactly four segments
};

/// The target of a REST call: `/r1/I/C/M/S/svc[/path][?query]`. Path and query stay as they were written.
struct RestTarget {
    ServiceId service;
    std::string path;   // raw; empty, or begins with '/'
    std::string query;  // raw, without '?'; meaningful only when has_query
    bool has_query = false;

    /// Reads a request target. A component that is a dot segment, plain or escaped, is refused: between slashes it has
    /// two readings. Faults: `internal_error`, as message-transport §2.5 asks.
    static Result<RestTarget> parse(std::string_view target);
};

/// Decodes one percent-encoded segment and checks it as an identifier component: 1 to 255 characters of UTF-8, not
/// blank, none of `: ; / \ %`, no control character, not U+200B, not U+FEFF. Rule: message-transport §1.2, §1.4;
/// threats row 7.
Result<std::string> decode_component(std::string_view segment);
/// The same check for a component that is already plain text.
Result<void> check_component(std::string_view text);
/// Percent-encodes a component; upper-case hex, and only the safe set of message-transport §1.4 unescaped.
std::string encode_component(std::string_view text);

/// `X-Road-Represented-Party`: `code` or `class/code`; an empty value passes. Checked for syntax only.
Result<void> check_represented_party(std::string_view value);

}  // namespace onceway::identity

template <>
struct std::hash<onceway::identity::ClientId> {
    std::size_t operator()(const onceway::identity::ClientId& id) const noexcept;
};
