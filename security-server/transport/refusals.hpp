// The last refusals, kept in memory for the operator: what was refused lately, and how often in the last hour.
#pragma once

#include "schemas/base/time.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace onceway::transport {

/// One refusal as its log line tells it.
struct Refused {
    Instant at{};
    std::string code;    // complete: "server.serverproxy.access_denied"
    std::string reason;  // the first 200 octets
    std::string side;    // "client" or "provider"
    std::string message_id, client, service, peer;
};

/// Bounded: the last fifty, and a count a minute and code for an hour. Safe from any thread.
class Refusals {
public:
    void note(Refused refused);

    std::vector<Refused> last(std::size_t most) const;  // newest first
    /// How often each code was answered in the hour before `now`. Codes beyond the first hundred of a minute are
    /// counted as "other".
    std::map<std::string, std::uint64_t> last_hour(Instant now) const;
    std::uint64_t in_all() const;

private:
    struct Minute {
        std::int64_t number = -1;  // minutes since 1970
        std::map<std::string, std::uint64_t> counts;
    };
    mutable std::mutex lock_;
    std::deque<Refused> last_;
    std::array<Minute, 60> minutes_;
    std::uint64_t in_all_ = 0;
};

/// Those of this process, filled where refusals are logged.
Refusals& refusals();

}  // namespace onceway::transport
