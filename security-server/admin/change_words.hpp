// The words for single changes: client, description, service, endpoint, right, group.
#pragma once

#include "security-server/admin/commands.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace onceway::admin {

/// Adds them to the program; each sets `chosen` to what it does in `folder`. Both outlive the parsing.
void add_change_words(CLI::App& app, const std::filesystem::path& folder, std::function<Outcome()>& chosen);

}  // namespace onceway::admin
