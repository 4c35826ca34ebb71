// Registry, OCSP responder and time-stamping authority on loopback, each behind a fault proxy, each honest until told
// otherwise; and clocks that a test moves.
#pragma once

#include "certs/channel/server.hpp"
#include "certs/channel/threads.hpp"
#include "tests/security-server/registry-view/signed_configuration.hpp"
#include "tests/support/fault_proxy.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <set>

namespace onceway::tests {

/// The machine's clock and an offset. Safe from any thread.
class MovedClock : public Clock {
public:
    Instant now() const override;
    void move(std::chrono::milliseconds by) { offset_ += by.count(); }
    void set_offset(std::chrono::milliseconds offset) { offset_ = offset.count(); }

private:
    std::atomic<std::int64_t> offset_{0};
};

/// What a service says in place of the truth.
enum class Lie { none, refusal, about_another, by_a_stranger, of_yesterday };

/// One trust service: a door, a proxy in front of it, how often it was asked.
struct TrustDesk {
    using Answer = std::function<Octets(const std::string& target, const Octets& body)>;
    TrustDesk(channel::Threads& threads, std::string name, Answer answer);
    ~TrustDesk();
    std::string url(std::string_view path = "/") const;
    boost::asio::awaitable<void> serve(channel::Exchange& exchange);

    Answer answer;
    std::string type = "application/octet-stream";
    std::atomic<int> asked = 0;
    std::atomic<Lie> lie = Lie::none;
    std::unique_ptr<channel::Listener> door;
    std::unique_ptr<FaultProxy> proxy;
};

/// What the desks know.
struct TrustServices {
    explicit TrustServices(channel::Threads& threads);
    ~TrustServices();

    Octets answer_ocsp(const Octets& body);
    Octets answer_stamp(const Octets& body);
    Octets answer_registry(const std::string& target);
    /// With `guard` held.
    DirectoryText directory() const;

    void revoke(const x509::Certificate& certificate);

    CertificateAuthority authority, stranger{"Foreign CA"};
    Identity stamper = authority.issue_time_stamper(), foreign_stamper = stranger.issue_time_stamper();
    MovedClock clock;  // the true time
    std::mutex guard;
    std::vector<x509::Certificate> known;
    std::set<std::string> revoked;
    registry::SharedParameters shared;
    std::chrono::seconds configuration_lasts{600};
    TrustDesk ocsp, tsa, registry;
};

/// What a network does to a service; `fair` again afterwards.
struct NetworkFault {
    const char* name;
    std::function<void(FaultProxy&)> begin;
};
const std::vector<NetworkFault>& network_faults();
void make_fair(FaultProxy& proxy);

}  // namespace onceway::tests
