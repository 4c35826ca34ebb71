// Points in time on the wall clock, and the clock that tests can move.
#pragma once

#include "schemas/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace onceway {

/// A point on the wall clock in UTC, to the millisecond. Deadlines use the steady clock instead.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-02-02T10:15:30.123Z"; always with milliseconds.
std::string rfc3339(Instant at);
void append_rfc3339(std::string& text, Instant at);
/// "2026-02-02T10:15:30Z"; without a fraction.
std::string rfc3339_seconds(Instant at);
/// Reads an ISO 8601 date-time with offset ("Z" or ±hh:mm); seconds and fraction may be absent.
/// Faults: `invalid_argument`. Rule: global-configuration §2.5.
Result<Instant> parse_rfc3339(std::string_view text);

/// Says what time it is. A server is given one when it is built, so that a recorded message can be judged at its own
/// time.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    /// The clock of this machine.
    static const Clock& system();
};

/// A clock that stands still until told otherwise; for tests and for judging at a stated time.
class FixedClock : public Clock {
public:
    explicit FixedClock(Instant at) : at_(at) {}
    Instant now() const override { return at_; }
    void set(Instant at) { at_ = at; }
    void advance(std::chrono::milliseconds by) { at_ += by; }

private:
    Instant at_;
};

}  // namespace onceway
