// The configuration over HTTP: two directories by version, and the content that they name.
#pragma once

#include "certs/channel/server.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace onceway::central {

/// Answers from the files below `root`; whatever is not a directory or a content file of a publication is 404.
/// Rule: global-configuration §2.2, §2.3; checklist items 11 to 13.
channel::Route configuration_route(std::filesystem::path root);

/// The file below the root that a request target names; empty when it names none. The version is the digits of a query
/// parameter named `version`; absent or not a number, it is 2.
std::string file_for(std::string_view target);

}  // namespace onceway::central
