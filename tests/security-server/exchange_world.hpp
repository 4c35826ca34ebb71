// Two security servers in one process, an information system behind one of them, and everything that can go wrong
// between.
#pragma once

#include "certs/channel/client.hpp"
#include "security-server/consumer/consumer.hpp"
#include "security-server/provider/provider.hpp"
#include "tests/security-server/altered_exchange.hpp"
#include "tests/security-server/exchange_pki.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace onceway::tests {

/// A loopback address of this test's own, drawn anew each time.
std::string leased_address();

/// Keys and answers as the test wants them.
class GivenKeys : public KeyRing {
public:
    Result<std::shared_ptr<const signature::SigningKey>> signing_key(const identity::MemberId& member) const override;
    Result<channel::TlsIdentity> authentication() const override;
    Result<std::shared_ptr<const std::vector<Octets>>> authentication_ocsp() const override;
    Async<Octets> ocsp_by_sha1(Octets) override;

    mutable std::mutex guard;
    std::map<identity::MemberId, signature::SigningKey> signing;
    channel::TlsIdentity identity;
    std::vector<Octets> ocsp;
    std::atomic<bool> no_signing = false, no_ocsp = false;
};

class GivenPeerOcsp : public PeerOcsp {
public:
    explicit GivenPeerOcsp(const Authority& authority) : authority(authority) {}
    Async<std::vector<Octets>> answers(std::string, std::vector<x509::Certificate> chain,
                                       std::shared_ptr<const registry_view::Snapshot>) override;
    /// Whatever was answered before may have changed: a test changes `status` when it likes.
    std::uint64_t revision() const override;
    const Authority& authority;
    std::atomic<int> asked = 0;
    std::atomic<bool> unreachable = false;
    std::atomic<x509::Revocation> status = x509::Revocation::good;
};

/// A configuration that a test may change while exchanges are in flight.
class ChangingView : public registry_view::View {
public:
    std::shared_ptr<const registry_view::Snapshot> current() const override;
    void set(std::shared_ptr<const registry_view::Snapshot> snapshot);

private:
    mutable std::mutex guard_;
    std::shared_ptr<const registry_view::Snapshot> snapshot_;
};

/// One security server's parts.
struct Server {
    Server(const Authority& authority, identity::ServerId id, channel::Threads& threads, ChangingView& view,
           const std::filesystem::path& folder);
    ~Server();

    void add_signing(const identity::MemberId& member);
    House house(std::uint16_t peer_port, bool pooled);
    void set_state(access::State state);
    access::State state() const;
    /// What the server shows to information systems that it calls, and accepts from those that call it.
    void set_internal_tls(const Certified& own);
    std::uint64_t records() const;

    const identity::ServerId id;
    const Authority& authority;
    GivenKeys keys;
    GivenPeerOcsp peer_ocsp;
    channel::Threads& threads;
    ChangingView& view;
    std::filesystem::path folder;
    std::mutex guard;
    std::shared_ptr<const access::State> state_ = std::make_shared<const access::State>();
    std::shared_ptr<const channel::TlsIdentity> internal_tls_;
    bool enforce_certificate_dates = false;
    std::unique_ptr<records::MessageLog> log;
    std::optional<signature::Sealer> sealer;
};

/// What the information system saw.
struct Seen {
    message::RequestHead head;
    std::string body;
};

/// ZA/GOV/101/tax asks ZA/GOV/202/roads. The default state lets it call the service `permit` and its every path.
class World {
public:
    struct Wishes {
        bool pooled = false;
        access::ConnectionType connection = access::ConnectionType::http;
        bool enforce_certificate_dates = false;  // of information systems
        std::optional<bool> provider_pools{};    // when it is not as `pooled` says
        unsigned threads = 2;
        std::size_t consumer_exchanges = 640, provider_exchanges = 640;
        std::uint64_t body_octets = 64ull * 1024 * 1024;
        /// What stands between the servers: given the provider's address and port, the port that the consumer uses.
        std::function<std::uint16_t(const std::string&, std::uint16_t)> between{};
    };
    World();
    explicit World(Wishes wishes);
    ~World();

    static identity::ClientId client();
    static identity::ClientId owner();
    static std::string target(std::string_view path = "");

    /// Calls the consumer's server as an information system.
    Result<channel::FetchAnswer> call(std::string method, std::string target, message::Fields fields = {},
                                      std::string body = {});
    Result<channel::FetchAnswer> get(std::string_view path = "/1", message::Fields fields = {});

    void set_states(access::ConnectionType connection = access::ConnectionType::http);
    /// Changes the provider's client.
    void change_owner(const std::function<void(access::Client&)>& change);

    registry::SharedParameters shared();
    void set_view();
    void set_view(registry::SharedParameters shared, bool expired = false);

    /// `port` 0: any.
    void open_peer_door(std::uint16_t port = 0);
    boost::asio::awaitable<void> through_the_middle(channel::Exchange& exchange);
    void open_consumer_door();
    /// A second door of the consumer's server, over TLS. Close it before the world ends.
    std::unique_ptr<channel::Listener> open_tls_door(const channel::TlsIdentity& identity);
    void open_service();
    boost::asio::awaitable<void> serve(channel::Exchange& exchange);
    std::vector<Seen> seen_by_service();
    void answer_with(Reply reply);

    TemporaryFolder folder;
    const std::shared_ptr<transport::BodyMemory> consumer_bodies;
    channel::Threads threads;
    Authority authority;
    ChangingView view;
    std::uint64_t revision = 0;
    Server consumer_server, provider_server;
    std::string peer_address;
    std::optional<provider::Provider> provider;
    std::optional<consumer::Consumer> consumer;
    std::unique_ptr<channel::Listener> service_door, peer_door, consumer_door;

    /// Answers in the provider's place. All three are set while no exchange is in flight.
    std::function<boost::asio::awaitable<void>(channel::Exchange&)> peer_instead;
    std::function<void(Question&)> alter_question;
    std::function<void(Reply&)> alter_reply;
    std::atomic<int> connections_seen = 0;

    std::mutex guard;
    std::vector<Seen> seen;
    std::optional<Reply> service_reply;
};

/// The code of an error answer, from its header; it must be the one in the body too.
std::string error_code(const channel::FetchAnswer& answer);

}  // namespace onceway::tests
