// How a server stands, in one JSON object: for `status`, and, shorter, for the health endpoint.
#pragma once

#include "security-server/admin/administration.hpp"

#include <boost/json/object.hpp>

namespace onceway::admin {

/// `{format: "onceway-health/1", ok, verdict, troubles, warnings, server, …}`: every field is told in
/// docs/operators/looking-after.md. `ok` is false as soon as messages cannot flow. `troubles` says why and `warnings`
/// what will stop them later, each as `{code, text}`: the code is for programs and never changes meaning, the text says
/// what to do. Waits for no network; asks the system for memory, descriptors and disk space.
boost::json::object health_of(const Administered& server);

/// The last refusals. The endpoint tells code, side and time; with `named` also who asked whom for what.
boost::json::array last_refusals(const Administered& server, std::size_t most, bool named);

/// Fewer than this many days before a certificate ends, it is a warning.
inline constexpr int warn_days = 30;
/// More than this between our clock and others' is a warning; OCSP answers are refused beyond `limits::clock_skew`.
inline constexpr std::chrono::seconds warn_clock{5};

}  // namespace onceway::admin
