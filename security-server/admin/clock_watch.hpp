// What other machines' clocks say about ours, read off the answers that the server gets anyway.
#pragma once

#include "security-server/admin/own_ocsp.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::admin {

/// Our clock minus theirs: positive when ours is ahead. A `Date` field counts whole seconds, so it is known to
/// `uncertainty` only.
struct ClockOffset {
    std::string source;  // host and port
    std::chrono::milliseconds offset{}, uncertainty{};
    Instant at{};
};

/// Reads "Sun, 06 Nov 1994 08:49:37 GMT", the only form that is written today. Faults: `invalid_argument`.
Result<Instant> parse_http_date(std::string_view text);

/// The offset that an answer shows; none when it has no readable `Date`.
std::optional<ClockOffset> offset_shown(const channel::Url& asked, const channel::FetchAnswer& answer, Instant before,
                                        Instant after);

/// The one in the middle, so that a single wrong clock among several convinces nobody; none of none.
std::optional<ClockOffset> middle_of(std::vector<ClockOffset> offsets);

/// Remembers the last offset of each source. Safe from any thread.
class ClockWatch {
public:
    explicit ClockWatch(const Clock& clock) : clock_(clock) {}

    /// The same exchange, watched. This outlives what is returned.
    Fetch watching(Fetch fetch);
    /// Those of the last hour.
    std::vector<ClockOffset> offsets() const;

private:
    Async<channel::FetchAnswer> ask(Fetch fetch, channel::FetchRequest request);

    const Clock& clock_;
    mutable std::mutex lock_;
    std::map<std::string, ClockOffset> offsets_;  // by source; at most 100
};

}  // namespace onceway::admin
