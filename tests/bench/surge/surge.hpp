// A load of posts, closed (as fast as answered) or open (at a rate), and what came of it.
#pragma once

#include <fmt/format.h>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace onceway::bench {

struct SurgeSettings {
    std::string host, target, client;
    std::uint16_t port = 0;
    std::vector<std::string> sources;  // empty: the system chooses
    unsigned connections = 64;
    double rate = 0;
    unsigned seconds = 5;
};

struct SurgeResult {
    std::string problem;  // why nothing could be measured
    double seconds = 0;
    std::uint64_t due = 0;                      // questions that the rate wanted
    std::uint64_t unsent = 0;                   // of these, no connection was free
    std::uint64_t errors = 0;                   // no whole answer: connection refused, cut, unreadable
    std::uint64_t overdue = 0;                  // asked, and not answered until two seconds after the end
    std::map<int, std::uint64_t> statuses;      // whole answers
    std::map<std::string, std::uint64_t> whys;  // X-Road-Error, or its like in the body, of what was not 200
    std::vector<std::uint32_t> accepted_us, refused_us;

    std::string json() const;
};

SurgeResult surge(const SurgeSettings& settings);

}  // namespace onceway::bench
