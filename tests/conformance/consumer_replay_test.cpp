// Recorded questions of information systems, read by our consumer side; and recorded answers of providers, opened and
// compared with the question by it: the same code, or the same acceptance.
#include "schemas/message/fault_document.hpp"
#include "security-server/consumer/answer.hpp"
#include "security-server/consumer/rest_call.hpp"
#include "security-server/consumer/routes.hpp"
#include "security-server/transport/incoming.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/world.hpp"
#include "tests/support/run.hpp"

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;

namespace {

constexpr std::string_view prefix = "server.clientproxy";

Verdict answered(const Fault& fault) { return {message::wire_fault(fault, prefix).code, fault.detail}; }

// --- the question ---

/// What our consumer side says of a question before anything is sent.
Verdict judge_question(const RecordedExchange& exchange, const RecordedHttp& http) {
    message::HeadRules rules;
    rules.refuse_repeated_x_road = true;
    const auto head = message::parse_request_head(http.head, rules);
    if (!head) return {"http 400", head.error().detail};
    if (!head->target.starts_with("/r1/")) return {"client.invalid_http_method", "not a path of REST"};
    const auto call = consumer::read_rest_call(*head, "VEC");
    if (!call) return answered(call.error());
    const auto& ours = exchange.trust->instances().front().servers;
    const bool known = std::ranges::any_of(ours, [&](const auto& server) {
        return server.id.code == "ss1" &&
               (std::ranges::find(server.clients, (*call)->request.client) != server.clients.end() ||
                identity::ClientId::of(server.id.owner) == (*call)->request.client);
    });
    if (!known) return answered(fault(FaultCode::unknown_member, "not a client of this server"));
    const auto addresses =
        consumer::addresses_of((*call)->request.parsed.service.provider, (*call)->request.server, *exchange.trust);
    return addresses ? accepted() : answered(addresses.error());
}

void replay_question(const RecordedExchange& exchange) {
    const auto seen = exchange.fact("observed", "request");
    const auto http = exchange.http("request-client");
    if (!http || seen.empty()) return;
    const auto kind = exchange.group + ", our consumer's reading";
    auto theirs = exchange.fact("observed", "clientErrorCode");
    if (seen != "not sent to the provider")
        theirs = "accepted";
    else if (theirs.empty())
        theirs = "http 400";
    Tally::all().judge(kind, exchange.name, judge_question(exchange, *http), theirs);
}

// --- the answer ---

/// The question as it was sent, read back from the recording.
struct Sent {
    TemporaryFolder spool;
    std::optional<transport::Incoming> incoming;

    explicit Sent(const RecordedHttp& http) {
        const auto boundary = transport::message_boundary(http.field("Content-Type"));
        if (!boundary) return;
        incoming.emplace(transport::Incoming::Expect::request, *boundary, spool.path());
        transport::GivenSource source(http.body);
        auto read = run(incoming->read_rest(source));
        if (!read || !incoming->request()) incoming.reset();
    }
};

boost::asio::awaitable<void> receive(channel::Connection& connection, fs::path spool,
                                     std::optional<Result<consumer::Answer>>& into) {
    auto answer = co_await consumer::receive_answer(connection, message::Language::rest, std::move(spool));
    into.emplace(std::move(answer));
}

Verdict judge_answer(const RecordedExchange& exchange, const Sent& sent, std::string_view request_id) {
    RecordedAnswer connection(contents_of(exchange.folder / "response-proxy.http"));
    const TemporaryFolder spool;
    std::optional<Result<consumer::Answer>> received;
    run(receive(connection, spool.path(), received));
    if (!*received) return answered(received->error());
    const auto& answer = received->value();
    if (answer.fault) return {answer.fault->code, answer.fault->text};

    const auto& request = *sent.incoming->request();
    const auto& seal = answer.message.seal;
    signature::Question question{.signer = request.parsed.service.provider.member(),
                                 .parts = answer.message.signed_parts(),
                                 .signature = *seal.signature};
    if (seal.chain_result) question.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) question.chain = seal.chain;
    const auto verified = signature::verify(question, *exchange.trust, exchange.at);
    if (!verified) return answered(verified.error().within("signature_verification"));
    const auto belongs =
        consumer::check_belongs(*answer.response, request, request_id, sent.incoming->received().request_hash());
    return belongs ? accepted() : answered(belongs.error());
}

void replay_answer(const RecordedExchange& exchange) {
    const auto seen = exchange.fact("observed", "request");
    const auto request = exchange.http("request-proxy"), response = exchange.http("response-proxy");
    if (!request || !response || seen.empty() || exchange.tampered() == "request") return;
    const auto kind = exchange.group + ", our consumer's verdict";
    auto theirs = exchange.fact("observed", "clientErrorCode");
    if (theirs.empty()) theirs = "accepted";
    const Sent sent(*request);
    if (!sent.incoming) return;  // a question that our consumer side would not have sent
    const auto ours = judge_answer(exchange, sent, request->field("x-road-request-id"));
    Tally::all().judge(kind, exchange.name, ours, theirs);
}

}  // namespace

TEST_CASE("our consumer side reads recorded questions and judges recorded answers as the recorded one did") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    for (const auto& exchange : exchanges_of(*folder)) {
        if (exchange.soap()) continue;  // consumer_soap_replay_test.cpp
        replay_question(exchange);
        replay_answer(exchange);
    }
    CHECK(Tally::all().ran("exchanges, our consumer's reading") > 0);
    CHECK(Tally::all().ran("exchanges, our consumer's verdict") > 0);
}
