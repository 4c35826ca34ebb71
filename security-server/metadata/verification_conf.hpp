// GET /verificationconf: whom to trust when judging signed documents offline.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/base/time.hpp"
#include "security-server/registry-view/view.hpp"

#include <filesystem>
#include <functional>

namespace onceway::metadata {

/// Writes the ZIP of message-log §7.3: for each instance its shared parameters as downloaded and their version, then
/// the name of the own instance.
void write_verification_conf(const registry_view::Snapshot& snapshot, Instant at,
                             const std::function<void(OctetsView)>& sink);

/// Answers one request with the snapshot in force, expired or not: no parameters, no authentication. Before the first
/// snapshot the answer is 500. `spool` is where the answer is made.
boost::asio::awaitable<void> answer_verification_conf(channel::Exchange& exchange, const registry_view::View& view,
                                                      const Clock& clock, std::filesystem::path spool);

}  // namespace onceway::metadata
