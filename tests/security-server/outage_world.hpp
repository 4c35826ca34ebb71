// Two security servers with everything they prove themselves with, as `main` builds them: keys in a token, OCSP answers
// asked of a responder and of each other, a configuration downloaded from a registry, time-stamps. Background rounds
// run when a test says so, and clocks move when it says so.
#pragma once

#include "security-server/admin/own_keys.hpp"
#include "security-server/admin/peer_ocsp.hpp"
#include "security-server/consumer/consumer.hpp"
#include "security-server/provider/provider.hpp"
#include "security-server/records/timestamper.hpp"
#include "security-server/registry-view/client.hpp"
#include "tests/security-server/outage_trust.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdlib>

namespace onceway::tests {

inline bool sanitized() { return std::getenv("ONCEWAY_SANITIZED") != nullptr; }
/// With a trust service; a server has 30 s.
inline const std::chrono::milliseconds patience{sanitized() ? 2'000 : 300};
inline const std::chrono::milliseconds at_once{sanitized() ? 5'000 : 1'000};

/// `channel::fetch` for people in a hurry.
Async<channel::FetchAnswer> fetch_soon_or_not(channel::FetchRequest request);

class OutageServer {
public:
    OutageServer(identity::ServerId id, TrustServices& trust, registry_view::Client& view, channel::Threads& threads,
                 const std::filesystem::path& folder);
    ~OutageServer();

    static constexpr std::chrono::seconds acceptable_failure{600};

    /// A round of what a server does in the background.
    void fetch_ocsp();
    Result<std::size_t> stamp();
    House house(PeerPorts ports);

    const identity::ServerId id;
    const std::string address;
    const std::filesystem::path folder;
    TrustServices& trust;
    registry_view::Client& view;
    channel::Threads& threads;
    MovedClock clock;
    std::shared_ptr<const access::State> state;
    std::optional<x509::Certificate> signing, authentication;
    admin::OwnOcsp own_ocsp;
    admin::OwnKeys keys;
    std::unique_ptr<admin::AskedPeerOcsp> peer_ocsp;
    signature::Sealer sealer;
    std::unique_ptr<records::MessageLog> log;
    records::Timestamper timestamper;

private:
    void certify(keys::KeyUsage usage, x509::Profile profile, x509::Subject subject);
};

/// TEST/GOV/101/tax asks TEST/GOV/202/roads for `permit`.
class OutageWorld {
public:
    OutageWorld();
    ~OutageWorld();

    /// The status and fault of one call.
    std::string ask();

    Result<registry_view::Refreshed> refresh();
    /// One round of both servers' questions to the OCSP responder.
    void rounds();
    /// Time goes by for everybody. The configuration is fetched again, unless the test is about that.
    void pass(std::chrono::seconds time, bool with_configuration = true);
    std::uint64_t executed() const { return executed_; }

    TemporaryFolder folder;
    channel::Threads threads{1};
    TrustServices trust;
    MovedClock registry_clock;  // of the one configuration client that both servers share
    registry_view::Client view;
    OutageServer asking, answering;
    std::unique_ptr<FaultProxy> peer_ocsp_proxy;  // in front of the answering server's OCSP port
    std::optional<provider::Provider> provider;
    std::optional<consumer::Consumer> consumer;
    std::unique_ptr<channel::Listener> service_door, peer_door, ocsp_door, consumer_door;
    std::chrono::milliseconds took{};

private:
    std::unique_ptr<channel::Listener> open(std::string name, const std::string& address, channel::Route route,
                                            std::shared_ptr<channel::TlsContext> tls = nullptr);
    boost::asio::awaitable<void> serve(channel::Exchange& exchange);
    void open_service();
    void declare();
    void open_doors();

    std::atomic<std::uint64_t> executed_ = 0;
};

}  // namespace onceway::tests
