// How late the oldest record without a time-stamp is, and what that means for its evidence.
#pragma once

#include "certs/x509/trust.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"
#include "security-server/records/message_log.hpp"

#include <optional>

namespace onceway::records {

/// late: less than a quarter of the freshness that OCSP answers have is left. too_late: a stamp made now comes after
/// the OCSP answer in the signature grew too old, so the record can never be verified. Rule: message-log T1.
enum class Lateness { in_time, late, too_late };

struct Oldest {
    Lateness lateness = Lateness::in_time;
    std::optional<Instant> at, stamp_before;  // nothing waits: neither
};

/// Judges the OCSP answer in the signature of the oldest record that waits, as a verifier of a stamp of `now` would.
/// What cannot be judged so (a signer of another instance, or one whose authority is gone) is given the freshness from
/// the record's own time. Reads the disk. Faults: `database_error`.
Result<Oldest> oldest_of(MessageLog& log, const x509::Trust& trust, Instant now);

/// Writes a log line when a threshold was passed since `before`.
void tell_lateness(Lateness before, const Oldest& oldest, Instant now);

}  // namespace onceway::records
