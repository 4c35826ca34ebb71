// What `--help` of each word says below its options: when to use it, an example, what the exit status means.
#pragma once

#include <string>
#include <string_view>

namespace onceway::admin {

/// For "key csr", say; empty for a word without more to say.
std::string help_below(std::string_view command);

}  // namespace onceway::admin
