// A failure of the network, and whose turn it is after it.
#pragma once

#include "certs/channel/client.hpp"
#include "security-server/admin/clock_watch.hpp"
#include "security-server/doctor/finding.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace onceway::doctor {

/// Whose machine was asked, in words: "the registry", "the OCSP responder"; and the turn of those who run it.
struct Asked {
    std::string what;
    Turn turn;
    std::string where;  // host:port
};

struct Blame {
    Turn turn;
    std::string next;
};
/// Nobody there, a closed door, or a wrong answer: from the way in which it failed.
Blame blame(const Fault& fault, const Asked& asked);

/// One bounded exchange: four seconds in all. Notes what the answer says about our clock.
class Asker {
public:
    explicit Asker(const Clock& clock) : clock_(clock) {}

    Result<channel::FetchAnswer> ask(channel::FetchRequest request);
    /// The same as a fetch for parts that carry their own; this outlives what it is used in.
    admin::Fetch fetch();
    std::vector<admin::ClockOffset> clocks() const;
    void note(admin::ClockOffset offset);

private:
    Async<channel::FetchAnswer> carry(channel::FetchRequest request);

    const Clock& clock_;
    mutable std::mutex lock_;
    std::vector<admin::ClockOffset> offsets_;
};

inline constexpr std::chrono::milliseconds connect_patience{2'000}, answer_patience{4'000};

/// Connects, shakes hands when TLS is asked for, and hangs up. Faults: as channel::Connection::open.
Result<void> connect(channel::ConnectTo to);

}  // namespace onceway::doctor
