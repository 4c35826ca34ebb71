// The findings as a list for people, and as one JSON object for programs.
#pragma once

#include "security-server/doctor/finding.hpp"

#include <boost/json/object.hpp>

namespace onceway::doctor {

struct Heading {
    std::string server, at;  // id; time
    bool running = false;
    std::int64_t took_ms = 0;
};

/// Group by group; under each finding that is not well, whose turn it is and what to do. The last line sums up.
std::string as_text(const Heading& heading, const std::vector<Finding>& findings);

/// `{format: "onceway-doctor/1", ok, verdict, server, running, at, took_ms, counts, checks: [{group, check, about,
/// verdict, found, turn, next}]}`, told in docs/operators/looking-after.md.
boost::json::object as_json(const Heading& heading, const std::vector<Finding>& findings);

}  // namespace onceway::doctor
