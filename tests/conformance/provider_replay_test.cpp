// Recorded requests, given to our provider side as they arrived at a genuine one, with the service answering as it did:
// the same fault with the same code, or the same answer.
#include "schemas/base/log.hpp"
#include "schemas/message/fault_document.hpp"
#include "security-server/provider/catalogue.hpp"
#include "security-server/provider/provider.hpp"
#include "security-server/transport/incoming.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/envelopes.hpp"
#include "tests/conformance/house.hpp"
#include "tests/support/run.hpp"

#include <algorithm>
#include <map>

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;
using transport::Incoming;

namespace {

/// The state of the recorded provider, which the recordings do not give: what was answered tells it. A code that only
/// the operator's declaration decides is taken as that declaration; every other code is ours to find.
struct DeclaredService {
    bool exists = true, right = true, disabled = false, soap = false;

    explicit DeclaredService(const RecordedExchange& exchange) {
        const auto code = exchange.fact("observed", "proxyFaultCode");
        exists = code != "server.serverproxy.unknown_service";
        right = code != "server.serverproxy.access_denied";
        disabled = code == "server.serverproxy.service_disabled";
        soap = exchange.soap() != (code == "server.serverproxy.service_type");
    }
};

/// Our provider side in the place of the recorded one, at the moment of the recording.
struct ProviderThere : HouseThere {
    provider::Provider provider;

    ProviderThere(Premises& premises, const fs::path& vectors, const RecordedExchange& exchange)
        : HouseThere(premises, vectors, exchange, {{"VEC", "ORG", "2000"}, "ss2"}), provider(house) {}
    /// The clients of the recorded server, and one service of one of them, open to everybody who asks there.
    void declare(const identity::ServiceId& id, const DeclaredService& declared, const identity::ClientId& caller,
                 std::string url) {
        for (const auto& server : view.current()->trust->instances().front().servers)
            for (const auto& client : server.clients) state->clients.push_back({client, {}, {}, {}, {}, {}});
        for (auto& client : state->clients) {
            if (client.id != id.provider) continue;
            if (declared.exists)
                client.services.push_back(
                    {id.code, declared.soap ? access::ServiceType::wsdl : access::ServiceType::rest, std::move(url),
                     std::chrono::seconds(20), true,
                     declared.disabled ? std::optional<std::string>("closed") : std::nullopt, id.version});
            if (declared.right)
                client.rights.push_back({{access::Subject::Kind::client, caller, {}, {}}, id.code, "*", "**"});
        }
    }
    /// The service whose description is asked for in the query, and where it lies.
    void describe(const identity::RestTarget& asked, std::string url) {
        for (auto& client : state->clients)
            if (client.id == asked.service.provider)
                client.services.push_back({.code = asked.query.substr(asked.query.find('=') + 1),
                                           .type = access::ServiceType::openapi,
                                           .url = "http://127.0.0.1:1",
                                           .description = std::move(url)});
    }
};

/// What our answer says, in the words of the recordings.
Verdict verdict_of_answer(const RecordedHttp& answer, std::optional<Incoming>& incoming, const fs::path& spool) {
    if (answer.media_type() == "text/xml") {
        const auto fault = message::read_soap_fault(answer.body);
        return fault && *fault ? Verdict{(*fault)->code, (*fault)->text} : Verdict{"unreadable", "no fault document"};
    }
    const auto boundary = transport::message_boundary(answer.field("Content-Type"));
    if (!boundary) return {"unreadable", "neither a fault nor a message"};
    incoming.emplace(Incoming::Expect::response, *boundary, spool);
    transport::GivenSource source(answer.body);
    auto read = run(incoming->read_rest(source));
    if (!read) return {"unreadable", read.error().detail};
    if (const auto& relayed = incoming->relayed()) return {relayed->fault.code, relayed->fault.text};
    return accepted();
}

bool by_itself(const Incoming& asked) {
    return asked.soap() ? provider::answers_by_itself(asked.soap()->facts())
                        : provider::answers_by_itself(*asked.request());
}

struct Replayed {
    const RecordedExchange& exchange;
    RecordedHttp http;
    std::string kind;

    void equal(const char* what, bool same) const {
        Tally::all().equal(std::string("provider: ") + what, exchange.name, same);
    }
    /// What the service was sent: the fields of the part, and the body for the verbs that carry one.
    void seen_by_service(const RecordedService& service) const {
        const auto theirs = exchange.http("request-service");
        if (!theirs) return;
        const auto ours = message::parse_request_head(service.head());
        if (!ours) return equal("request to the service", false);
        equal("request line to the service", ours->method + ' ' + ours->target + " HTTP/1.1" == theirs->start);
        equal("body to the service", service.body() == theirs->body);
        const auto compared = [](const message::Fields& fields) {
            message::Fields kept;
            for (const auto& [name, value] : fields)
                if (const auto lower = to_lower(name);
                    lower != "host" && lower != "connection" && lower != "user-agent" && lower != "content-length" &&
                    lower != "transfer-encoding" && lower != "accept-encoding" && lower != "cookie")
                    kept.emplace_back(name, value);
            return kept;
        };
        equal("fields to the service", compared(ours->fields) == compared(theirs->fields));
    }
    void answer_part(const Incoming& ours, const Incoming& asked) const {
        if (!exchange.tampered().empty() || by_itself(asked)) return;
        const auto theirs = exchange.http("response-proxy");
        if (!theirs) return;
        const TemporaryFolder spool;
        std::optional<Incoming> read;
        if (verdict_of_answer(*theirs, read, spool.path()).code != "accepted") return;
        if (const auto& soap = ours.soap()) {
            equal("envelope of the answer", same_envelope(ours.received().part, read->received().part));
            equal("parts of the answer", same_heads(ours.received(), read->received()));
            equal("header of the answer",
                  read->soap() && soap->header.request_hash == read->soap()->header.request_hash);
        } else {
            equal("message part of the answer", ours.received().part == read->received().part);
        }
        const auto& one = ours.received().body;
        const auto& other = read->received().body;
        equal("body of the answer", one ? other && one->sha512() == other->sha512() : !other);
    }
    /// Our seal on the answer, judged by the trust of the recording.
    void answer_seal(const Incoming& ours) const {
        const auto& message = ours.received();
        const auto& provider = ours.soap() ? ours.soap()->header.service.provider : ours.response()->service->provider;
        signature::Question question{
            .signer = provider.member(), .parts = message.signed_parts(), .signature = *message.seal.signature};
        if (message.seal.chain_result) question.chain_result = *message.seal.chain_result;
        if (!message.seal.chain.empty()) question.chain = message.seal.chain;
        Tally::all().judge("provider: seal of the answer", exchange.name,
                           replay::verdict_of(signature::verify(question, *exchange.trust, exchange.at)), "accepted");
    }
};

/// The address that the recorded server asked, when the caller says nothing of it.
std::string asked_address(const std::string& service, const RecordedExchange& exchange) {
    const auto recorded = exchange.http("request-service");
    if (!recorded) return service;
    const auto first = recorded->start.find(' '), last = recorded->start.rfind(' ');
    return service + recorded->start.substr(first + 1, last - first - 1);
}

/// The address of the recorded service: what stands before the caller's path in the recorded request line.
std::string address_of(const std::string& service, const RecordedExchange& exchange,
                       const identity::RestTarget& asked) {
    const auto recorded = exchange.http("request-service");
    if (!recorded) return service;
    const auto first = recorded->start.find(' '), last = recorded->start.rfind(' ');
    const auto target = recorded->start.substr(first + 1, last - first - 1);
    const auto rest = asked.path + (asked.has_query ? "?" + asked.query : "");
    return target.ends_with(rest) ? service + target.substr(0, target.size() - rest.size()) : service;
}

void replay_request(Premises& premises, const fs::path& vectors, const RecordedExchange& exchange) {
    const auto seen = exchange.fact("observed", "request");
    const auto http = exchange.http("request-proxy");
    if (!http || seen.empty() || seen == "not sent to the provider") return;
    const std::string kind = exchange.group + ", our provider's answer";
    auto theirs = exchange.fact("observed", "proxyFaultCode");
    if (theirs.empty()) theirs = seen.starts_with("accepted") ? "accepted" : "refused without an answer";
    const Replayed replayed{exchange, *http, kind};

    // As our listener would read it.
    const auto head = message::parse_request_head(http->head);
    if (!head) return Tally::all().judge(kind, exchange.name, {"http 400", head.error().detail}, theirs);

    const auto recorded = exchange.http("response-service");
    RecordedService service(recorded ? contents_of(exchange.folder / "response-service.http") : Octets());
    ProviderThere there(premises, vectors, exchange);
    TemporaryFolder spool;
    std::optional<Incoming> asked;
    if (const auto boundary = transport::message_boundary(http->field("Content-Type"))) {
        asked.emplace(Incoming::Expect::request, *boundary, spool.path());
        transport::GivenSource source(http->body);
        auto read = run(asked->read_message_part(source));
        if (!read || (!asked->request() && !asked->soap())) asked.reset();
    }
    if (asked && asked->soap()) {
        const auto& header = asked->soap()->header;
        there.declare(header.service, DeclaredService(exchange), header.client, asked_address(service.url(), exchange));
    } else if (asked) {
        const auto& request = *asked->request();
        const auto address = theirs == "server.serverproxy.network_error"
                                 ? "http://127.0.0.1:1"
                                 : address_of(service.url(), exchange, request.parsed);
        there.declare(request.parsed.service, DeclaredService(exchange), request.client, address);
        if (request.parsed.service.code == "getOpenAPI")
            there.describe(request.parsed, asked_address(service.url(), exchange));
    }

    const auto octets = contents_of(exchange.folder / "request-proxy.http");
    RecordedRequest request(*head, octets.substr(http->head.size()), exchange.chain);
    run_on(premises.threads.context(0), there.provider.answer(request));
    std::optional<Incoming> answer;
    auto ours = verdict_of_answer(request.answer, answer, spool.path());
    if (theirs == "refused without an answer" && ours.code != "accepted") theirs = ours.code;
    Tally::all().judge(kind, exchange.name, ours, theirs);
    if (ours.code != "accepted" || theirs != "accepted") return;
    replayed.seen_by_service(service);
    replayed.answer_part(*answer, *asked);
    replayed.answer_seal(*answer);
}

}  // namespace

TEST_CASE("our provider side answers every recorded request as the recorded one did") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    log::set_up(log::Level::error, log::Format::text);
    Premises premises;
    for (const auto& exchange : exchanges_of(*folder)) replay_request(premises, *folder, exchange);
    CHECK(premises.log->health().last_number > 0);
    CHECK(Tally::all().ran("exchanges, our provider's answer") > 0);
}
