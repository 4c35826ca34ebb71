#include "security-server/provider/service.hpp"

#include "schemas/base/failpoint.hpp"
#include "schemas/base/limits.hpp"
#include "security-server/transport/evidence.hpp"
#include "security-server/transport/idle_lines.hpp"
#include "security-server/transport/octets.hpp"
#include "security-server/transport/threads_own.hpp"

#include <boost/asio/this_coro.hpp>

#include <map>
#include <mutex>

namespace onceway::provider {
namespace {

using transport::Line;
using OwnTls = std::shared_ptr<const channel::TlsIdentity>;  // shown to a system that asks; null: none

// Information systems close idle connections when they like, and a request that was begun is never repeated: so a line
// is used again only while it is warm.
constexpr std::chrono::seconds idle_most{2};
constexpr std::chrono::milliseconds connect_most{30'000};
constexpr std::size_t contexts_most = 1'000;

struct Own {
    transport::IdleLines lines{idle_most};
};

bool carries_body(std::string_view verb) { return verb == "POST" || verb == "PUT" || verb == "PATCH"; }
bool has_body(int status, std::string_view verb) {
    return verb != "HEAD" && status != 204 && status != 205 && status != 304;
}

Fault calling(const Fault& cause, FaultCode when_late) {
    Fault seen = cause;
    if (seen.code == FaultCode::timed_out) seen.code = when_late;
    seen.detail = "Calling the information system: " + cause.detail;
    return seen;
}

std::string request_head(const message::RestRequest& request, const channel::Url& url, const channel::Payload* body) {
    message::Fields fields;
    for (const auto& [name, value] : request.fields) fields.emplace_back(name, message::to_latin1(value));
    fields.emplace_back("User-Agent", "Onceway/" ONCEWAY_VERSION);
    message::Framing framing;
    if (carries_body(request.verb))
        framing = {.kind = message::Framing::Kind::length, .length = body ? body->size() : 0};
    return channel::write_request_head(request.verb, url.target, url.authority(), fields, framing);
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

Result<channel::Url> call_address(const access::Service& service, const identity::RestTarget& target) {
    if (service.url.empty())
        return fault(FaultCode::service_missing_url, "The service '" + service.code + "' has no address.");
    auto url = channel::Url::parse(service.url);
    if (!url) return url.error();
    if (url->target.find('?') != std::string::npos)
        return fault(FaultCode::service_malformed_url,
                     "The address of the service '" + service.code + "' holds a query; a path cannot follow it.");
    if (url->target.ends_with('/') && target.path.starts_with('/')) url->target.pop_back();
    url->target += target.path;
    if (target.has_query) url->target += '?' + target.query;
    return url;
}

struct Services::Parts {
    explicit Parts(const House& house)
        : own(house.threads), spool(house.spool), memory(house.body_memory), internal_tls(house.internal_tls) {}

    Result<std::shared_ptr<channel::TlsContext>> context(const access::Service& service, const access::Client& owner,
                                                         const OwnTls& shown, const std::string& trust);
    Async<Line> open(const channel::Url& url, const access::Service& service, const access::Client& owner, Own* mine);
    Async<ServiceAnswer> receive(channel::Connection& connection, std::string_view verb,
                                 std::chrono::milliseconds within);

    transport::PerThread<Own> own;
    std::filesystem::path spool;
    std::shared_ptr<transport::BodyMemory> memory;
    std::function<OwnTls()> internal_tls;
    std::mutex guard;
    std::map<std::string, std::shared_ptr<channel::TlsContext>> contexts;  // by trust
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
    const OwnTls shown = url.tls && internal_tls ? internal_tls() : nullptr;
    const std::string trust = url.tls ? trust_name(service, owner, shown) : std::string();
    const std::string name = line_name(url, trust);
    if (mine) {
        const std::vector<std::string> wanted{name};
        auto kept = mine->lines.take(wanted, 0);
        if (kept) co_return std::move(*kept);
    }
    const auto within = std::min(service.timeout, connect_most);
    channel::ConnectTo to{.host = url.host, .port = url.port, .connect_timeout = within};
    to.handshake_timeout = std::min<std::chrono::milliseconds>(within, limits::tls_handshake);
    if (url.tls) {
        auto tls = context(service, owner, shown, trust);
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

Async<ServiceAnswer> Services::Parts::receive(channel::Connection& connection, std::string_view verb,
                                              std::chrono::milliseconds within) {
    const message::HeadRules rules{.answers_head = verb == "HEAD"};
    auto head = co_await connection.read_head(rules, within);
    if (!head) co_return calling(head.error(), FaultCode::io_error);
    ServiceAnswer answer{.status = head->status, .reason = head->reason, .fields = head->fields, .body = nullptr};
    if (head->status < 200)
        co_return fault(FaultCode::http_error, "Calling the information system: it answered with status " +
                                                   std::to_string(head->status) + ", which ends no exchange.");
    const bool keeps_body = has_body(head->status, verb);
    const auto body = keeps_body ? transport::CountedBody::make(spool, memory) : nullptr;
    for (;;) {
        auto octets = co_await connection.read_body(within);
        if (!octets) co_return calling(octets.error(), FaultCode::io_error);
        if (octets->empty()) break;
        if (!keeps_body) {
            connection.close();  // a body where there can be none
            break;
        }
        auto kept = co_await body->append(*octets);
        if (!kept) co_return kept.error();
    }
    if (body) {
        body->seal();
        answer.body = transport::CountedBody::payload(body);
    }
    co_return answer;
}

Services::Services(const House& house) : parts_(std::make_unique<Parts>(house)) {}
Services::~Services() = default;

Async<ServiceAnswer> Services::call(const access::Service& service, const access::Client& owner,
                                    const message::RestRequest& request, const channel::Payload* body) {
    auto url = call_address(service, request.parsed);
    if (!url) co_return url.error();
    auto fields = transport::check_fields(request.fields);
    if (!fields) co_return fields.error();
    auto executor = co_await boost::asio::this_coro::executor;
    Own* mine = parts_->own.own(executor);
    auto line = co_await parts_->open(*url, service, owner, mine);
    if (!line) co_return line.error();

    if (auto met = failpoint::met("service.send", url->host); !met) co_return met.error();
    transport::PlainRequest sink(*line->connection, request_head(request, *url, body));
    Result<void> written;
    if (body && carries_body(request.verb)) written = co_await transport::write_payload(sink, *body);
    if (written) written = co_await sink.finish();
    if (auto met = failpoint::met("service.sent", url->host); !met) co_return met.error();
    // A body that our own disk does not give is never finished: there is no answer to wait for.
    if (!written && written.error().code == FaultCode::io_error)
        co_return calling(written.error(), FaultCode::io_error);
    // A system that refuses a large body may have answered and closed before it took all of it: its answer counts.
    auto answer = co_await parts_->receive(*line->connection, request.verb, service.timeout);
    if (!answer && !written) co_return calling(written.error(), FaultCode::io_error);
    if (!answer) co_return answer.error();
    failpoint::reached("service.received", url->host);
    if (mine && written)
        mine->lines.keep(std::move(*line));
    else
        line->connection->close();
    co_return answer;
}

}  // namespace onceway::provider
