// `onceway-server doctor`: examines a server and prints what was found.
#pragma once

#include "security-server/admin/commands.hpp"

#include <string>
#include <vector>

namespace onceway::doctor {

struct Options {
    std::filesystem::path folder;
    bool json = false;
    std::vector<std::string> peers;  // empty: every server of the configuration
};

/// Yes: all is well, warnings included. No: something failed. Could not tell: neither, or there is no server.
/// Ends the process by itself when a check hangs, once everything is printed.
admin::Outcome doctor(const Options& options);

}  // namespace onceway::doctor
