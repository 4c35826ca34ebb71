// Texts from outside in sentences for people.
#pragma once

#include <string>
#include <string_view>

namespace onceway::description {

/// `text` without control characters, which a terminal would obey: each becomes a blank. It must be UTF-8.
std::string without_controls(std::string_view text);
/// The same, and at most some 200 octets of it, so that a sentence stays one.
std::string shown(std::string_view text);

}  // namespace onceway::description
