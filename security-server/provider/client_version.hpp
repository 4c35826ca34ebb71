// Whether another server's software is recent enough for us.
#pragma once

#include "schemas/base/result.hpp"

#include <string_view>

namespace onceway::provider {

/// Compares releases as semantic versions, "7.8.0": a pre-release such as "7.6.0-1" counts as lower than "7.6.0", what
/// stands behind a plus does not count. Faults: `client_proxy_version_not_supported` when `version`, which the other
/// server wrote, is lower than `least`; `internal_error` when it is none. Rule: message-transport §3.4;
/// server-services, item 45.
Result<void> check_client_version(std::string_view version, std::string_view least);

/// True for a text that `least` may be.
bool is_semantic_version(std::string_view text);

}  // namespace onceway::provider
