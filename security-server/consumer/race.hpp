// Several servers could answer: the one that is ready first does.
#pragma once

#include "schemas/base/async.hpp"
#include "security-server/transport/idle_lines.hpp"

#include <functional>
#include <string>
#include <vector>

namespace onceway::consumer {

using transport::Line;

/// Opens a line to one address: connected, and the certificate at its other end judged. Safe to cancel.
using OpenLine = std::function<Async<Line>(std::string address)>;

/// Starts `open` for all of `addresses` at once and gives the first line that is ready; what the others were doing is
/// cancelled, and their connections are closed. Nothing has been sent on any of them. Runs on the caller's thread.
/// Faults: those of `open`, the last one; one that says more than that a connection failed comes before those that do
/// not. Rule: message-transport §3.2, 4 to 6.
Async<Line> race(std::vector<std::string> addresses, OpenLine open);

}  // namespace onceway::consumer
