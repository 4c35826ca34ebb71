// The words of `onceway-server` and their help.
#pragma once

#include "security-server/admin/server_file.hpp"

#include <functional>

namespace onceway::admin {

/// Reads the command line, does what it says, and gives the exit status. `run` is called for `run`, with the server's
/// file.
int command_line(int argc, char** argv, const std::function<int(const ServerFile&)>& run);

}  // namespace onceway::admin
