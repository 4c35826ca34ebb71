#include "security-server/provider/service.hpp"

#include "certs/channel/client.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/description/wsdl.hpp"
#include "security-server/transport/idle_lines.hpp"
#include "security-server/transport/threads_own.hpp"

#include <boost/asio/this_coro.hpp>

#include <map>
#include <mutex>
#include <semaphore>

namespace onceway::provider {
namespace {

using transport::Line;
using OwnTls = std::shared_ptr<const channel::TlsIdentity>;  // shown to a system that asks; null: none

// Information systems close idle connections when they like, and a request that was begun is never repeated: so a line
// is used again only while it is warm.
constexpr std::chrono::seconds idle_most{2};
constexpr std::chrono::milliseconds connect_most{30'000};
constexpr std::chrono::milliseconds description_most{30'000};
constexpr std::size_t contexts_most = 1'000;
// Anybody may ask for descriptions, and each is held in memory while it is changed.
constexpr std::ptrdiff_t descriptions_most = 4;

struct Own {
    transport::IdleLines lines{idle_most};
};

Fault calling(const Fault& cause, FaultCode when_late) {
    Fault seen = cause;
    if (seen.code == FaultCode::timed_out) seen.code = when_late;
    seen.detail = "Calling the information system: " + cause.detail;
    return seen;
}

bool is_of_network(const Fault& fault) {
    return fault.code == FaultCode::network_error || fault.code == FaultCode::timed_out;
}

/// Which lines are alike: the same address under the same trust.
std::string line_name(const channel::Url& url, std::string_view trust) {
    return (url.tls ? "https " : "http ") + url.host + ' ' + std::to_string(url.port) + ' ' + std::string(trust);
}

/// Whom we are on the connection, and the certificates that a service's system may show, as one name; "any" when its
/// operator asked for no check.
std::string trust_name(const access::Service& service, const access::Client& owner, const OwnTls& own) {
    std::string name = (own ? own->chain.front().sha256() : std::string()) + '|';
    if (!service.verify_certificate) return name + "any";
    for (const auto& certificate : owner.certificates) name += certificate.sha256();
    return name;
}

}  // namespace

Result<channel::Url> written_address(const access::Service& service) {
    if (service.url.empty())
        return fault(FaultCode::service_missing_url, "The service '" + service.code + "' has no address.");
    return channel::Url::parse(service.url);
}

struct Services::Parts {
    explicit Parts(const House& house)
        : own(house.threads), internal_tls(house.internal_tls), permitted(house.service_addresses) {}

    OwnTls shown() const { return internal_tls ? internal_tls() : nullptr; }
    Result<std::shared_ptr<channel::TlsContext>> context(const access::Service& service, const access::Client& owner,
                                                         const OwnTls& shown, const std::string& trust);
    Async<Line> open(const channel::Url& url, const access::Service& service, const access::Client& owner, Own* mine);
    Async<void> hear(channel::Connection& connection, Call& call, std::chrono::milliseconds within);

    transport::PerThread<Own> own;
    std::function<OwnTls()> internal_tls;
    std::shared_ptr<const channel::AddressPolicy> permitted;
    std::mutex guard;
    std::map<std::string, std::shared_ptr<channel::TlsContext>> contexts;  // by trust
    std::shared_ptr<std::counting_semaphore<descriptions_most>> descriptions =
        std::make_shared<std::counting_semaphore<descriptions_most>>(descriptions_most);
};

Result<std::shared_ptr<channel::TlsContext>> Services::Parts::context(const access::Service& service,
                                                                      const access::Client& owner, const OwnTls& shown,
                                                                      const std::string& trust) {
    if (service.verify_certificate && owner.certificates.empty())
        return fault(FaultCode::ssl_authentication_failed,
                     owner.id.text() +
                         " has no registered certificate of an information system; register the one that '" +
                         service.code + "' shows.");
    const std::lock_guard lock(guard);
    if (const auto known = contexts.find(trust); known != contexts.end()) return known->second;
    const auto pinned = service.verify_certificate ? owner.certificates : std::vector<x509::Certificate>{};
    auto made = channel::TlsContext::service_client(pinned, shown.get());
    if (!made) return made.error();
    if (contexts.size() >= contexts_most) contexts.clear();
    contexts[trust] = *made;
    return made;
}

Async<Line> Services::Parts::open(const channel::Url& url, const access::Service& service, const access::Client& owner,
                                  Own* mine) {
    const OwnTls own_tls = url.tls ? shown() : nullptr;
    const std::string trust = url.tls ? trust_name(service, owner, own_tls) : std::string();
    const std::string name = line_name(url, trust);
    if (mine) {
        const std::vector<std::string> wanted{name};
        auto kept = mine->lines.take(wanted, 0);
        if (kept) co_return std::move(*kept);
    }
    const auto within = std::min(service.timeout, connect_most);
    channel::ConnectTo to{.host = url.host, .port = url.port, .connect_timeout = within, .permitted = permitted};
    to.handshake_timeout = std::min<std::chrono::milliseconds>(within, limits::tls_handshake);
    if (url.tls) {
        auto tls = context(service, owner, own_tls, trust);
        if (!tls) co_return tls.error();
        to.tls = *tls;
    }
    auto opened = co_await channel::Connection::open(std::move(to));
    if (!opened) co_return calling(opened.error(), FaultCode::network_error);
    Line line;
    line.connection = std::move(*opened);
    line.to = name;
    co_return line;
}

namespace {

/// The body of a system's answer; what goes wrong with it is said of the call.
class AnswerBody : public transport::Source {
public:
    AnswerBody(channel::Connection& connection, std::chrono::milliseconds within)
        : connection_(connection), within_(within) {}
    Async<OctetsView> next() override {
        auto octets = co_await connection_.read_body(within_);
        if (!octets) co_return calling(octets.error(), FaultCode::io_error);
        co_return octets;
    }

private:
    channel::Connection& connection_;
    std::chrono::milliseconds within_;
};

}  // namespace

Async<void> Services::Parts::hear(channel::Connection& connection, Call& call, std::chrono::milliseconds within) {
    const message::HeadRules rules{.answers_head = call.answers_head()};
    auto head = co_await connection.read_head(rules, within);
    if (!head) co_return calling(head.error(), FaultCode::io_error);
    if (head->status < 200)
        co_return fault(FaultCode::http_error, "Calling the information system: it answered with status " +
                                                   std::to_string(head->status) + ", which ends no exchange.");
    AnswerBody body(connection, within);
    auto heard = co_await call.hear(std::move(*head), body);
    co_return heard;
}

Services::Services(const House& house) : parts_(std::make_unique<Parts>(house)) {}
Services::~Services() = default;

Async<void> Services::call(const access::Service& service, const access::Client& owner, Call& call) {
    auto url = call.address(service);
    if (!url) co_return url.error();
    auto executor = co_await boost::asio::this_coro::executor;
    Own* mine = parts_->own.own(executor);
    auto line = co_await parts_->open(*url, service, owner, mine);
    if (!line) co_return line.error();

    if (auto met = failpoint::met("service.send", url->host); !met) co_return met.error();
    transport::PlainRequest sink(*line->connection, call.head(*url));
    auto written = co_await call.write_body(sink);
    if (auto met = failpoint::met("service.sent", url->host); !met) co_return met.error();
    // A body that our own disk does not give, or that must not go on, is never finished: there is no answer to wait
    // for.
    if (!written && !is_of_network(written.error())) co_return calling(written.error(), FaultCode::io_error);
    // A system that refuses a large body may have answered and closed before it took all of it: its answer counts.
    auto heard = co_await parts_->hear(*line->connection, call, service.timeout);
    if (!heard && !written) co_return calling(written.error(), FaultCode::io_error);
    if (!heard) co_return heard.error();
    failpoint::reached("service.received", url->host);
    if (mine && written)
        mine->lines.keep(std::move(*line));
    else
        line->connection->close();
    co_return Result<void>{};
}

namespace {

Fault no_description(const access::Service& service, const std::string& found) {
    return fault(FaultCode::internal_error,
                 "Fetching the description of '" + service.code + "' from its information system: " + found);
}

}  // namespace

Async<Services::Description> Services::description(const access::Service& service, const access::Client& owner) {
    auto url = channel::Url::parse(service.description);
    if (!url) co_return no_description(service, url.error().detail);
    if (!parts_->descriptions->try_acquire())
        co_return fault(FaultCode::overloaded, "Descriptions are being fetched for others; ask again in a while.");
    const std::shared_ptr<void> place(nullptr, [all = parts_->descriptions](void*) { all->release(); });
    channel::FetchRequest request{.url = *url,
                                  .body = {},
                                  .most = description::most_octets,
                                  .connect = description_most,
                                  .total = description_most,
                                  .permitted = parts_->permitted};
    if (url->tls) {
        const OwnTls shown = parts_->shown();
        auto tls = parts_->context(service, owner, shown, trust_name(service, owner, shown));
        if (!tls) co_return no_description(service, tls.error().detail);
        request.tls = *tls;
    }
    auto answer = co_await channel::fetch(std::move(request));
    if (!answer) co_return no_description(service, answer.error().detail);
    if (answer->status != 200)
        co_return no_description(service, "it answered with status " + std::to_string(answer->status) +
                                              "; nothing is followed, and only 200 counts.");
    Description found{.type = std::string(message::field(answer->fields, "Content-Type").value_or("")),
                      .octets = std::move(answer->body),
                      .place = place};
    co_return found;
}

}  // namespace onceway::provider
