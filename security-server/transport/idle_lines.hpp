// Connections that wait for their next message. Each thread keeps its own.
#pragma once

#include "certs/channel/client.hpp"
#include "certs/x509/trust.hpp"
#include "schemas/base/time.hpp"
#include "schemas/identity/identifiers.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::transport {

/// What the certificate at the other end of a line was found to be good for, and for how long.
struct Judged {
    identity::ClientId provider;
    std::shared_ptr<const x509::Trust> trust;  // the configuration it was judged by
    std::uint64_t answers = 0;                 // the revision of the OCSP answers about peers
    Instant from{}, until{};

    bool holds(const identity::ClientId& asked, const x509::Trust& now_in_force, std::uint64_t answers_now,
               Instant now) const {
        return trust.get() == &now_in_force && answers == answers_now && from <= now && now <= until &&
               provider == asked;
    }
};

/// A connection and what it leads to.
struct Line {
    std::unique_ptr<channel::Connection> connection;
    std::string to;                // a name that tells lines apart: an address, or scheme, address and trust
    std::uint64_t generation = 0;  // lines of an earlier one are not used again
    std::optional<Judged> judged{};
};

/// Idle lines, youngest first; bounded in number and in idle time.
class IdleLines {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit IdleLines(std::chrono::seconds idle_most, std::size_t most = 256) : idle_most_(idle_most), most_(most) {}

    /// Takes the youngest line to one of `wanted` that is still open and of this generation.
    std::optional<Line> take(const std::vector<std::string>& wanted, std::uint64_t generation,
                             Time now = std::chrono::steady_clock::now());
    /// Keeps a line whose last answer was read to its end; one that cannot carry another message is closed.
    void keep(Line line, Time now = std::chrono::steady_clock::now());
    std::size_t size() const { return idle_.size(); }

private:
    struct Idle {
        Line line;
        Time since;
    };
    void drop_old(Time now);

    std::chrono::seconds idle_most_;
    std::size_t most_;
    std::list<Idle> idle_;
};

}  // namespace onceway::transport
