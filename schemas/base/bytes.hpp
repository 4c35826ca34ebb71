// Octets, and the codes in which they are written down: hexadecimal and Base64.
#pragma once

#include "schemas/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace onceway {

/// Octets that own their storage. A string because most of what we carry is text that we treat as octets.
using Octets = std::string;
/// Octets that somebody else keeps alive.
using OctetsView = std::string_view;

/// Lower-case hexadecimal, two digits an octet.
std::string to_hex(OctetsView octets);
/// Reads hexadecimal of either case. Faults: `invalid_argument`.
Result<Octets> from_hex(std::string_view text);

/// Base64 of RFC 4648 §4 with padding, on one line.
std::string to_base64(OctetsView octets);
/// Reads one unbroken line of Base64 with padding; anything else is refused. Faults: `invalid_argument`.
Result<Octets> from_base64(std::string_view text);
/// Reads Base64 in which blanks, tabs, CR and LF may stand anywhere, as XML documents have it. Faults:
/// `invalid_argument`.
Result<Octets> from_spaced_base64(std::string_view text);

/// A random UUID of version 4, lower case, from the operating system's generator.
std::string random_uuid();
/// `count` random letters of A-Z and a-z. Rule: message-transport §0.2, U30.
std::string random_letters(std::size_t count);

/// ASCII comparison that ignores case, as HTTP field names need it.
bool same_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);

/// True when `text` is valid UTF-8 (no overlong form, no surrogate).
bool is_utf8(std::string_view text);

}  // namespace onceway
