// How a server stands, in one JSON object: for `status`, and, shorter, for the health endpoint.
#pragma once

#include "security-server/admin/administration.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace onceway::admin {

/// `{format: "onceway-health/1", ok, troubles, server, running, configuration, keys, message_log, time_stamping,
/// state}`. `ok` is false as soon as messages cannot flow; `troubles` says why, each with its remedy. Reads memory
/// only.
boost::json::object health_of(const Administered& server);

/// Fewer than this many days before a certificate ends, it is a warning.
inline constexpr int warn_days = 30;

}  // namespace onceway::admin
