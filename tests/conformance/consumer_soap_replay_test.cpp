// Recorded questions in SOAP, read by our consumer side and compared with what the recorded one sent; and recorded
// answers of providers, judged by it and handed on to the information system: the same code, or the same octets.
#include "schemas/message/fault_document.hpp"
#include "security-server/consumer/answer.hpp"
#include "security-server/consumer/delivery.hpp"
#include "security-server/consumer/routes.hpp"
#include "security-server/consumer/soap_call.hpp"
#include "security-server/transport/incoming.hpp"
#include "tests/conformance/differences.hpp"
#include "tests/conformance/envelopes.hpp"
#include "tests/conformance/house.hpp"
#include "tests/support/run.hpp"

#include <algorithm>

using namespace onceway;
using namespace onceway::replay;
using namespace onceway::tests;

namespace {

/// As our server tells it to the information system.
Verdict answered(const Fault& fault) {
    const auto prefix = fault.phase.starts_with("client.") ? "client" : "server.clientproxy";
    return {message::wire_fault(fault, prefix).code, fault.detail};
}

/// One recording in front of our consumer side.
struct Replayed {
    const RecordedExchange& exchange;
    const House& house;

    void equal(const char* what, bool same) const {
        Tally::all().equal(std::string("consumer: ") + what, exchange.name, same);
    }
    Octets coded_body(const RecordedHttp& http, const char* file) const {
        return contents_of(exchange.folder / file).substr(http.head.size());
    }
    void question() const;
    void answer() const;

private:
    Verdict read(const RecordedHttp& http) const;
    void sent(const consumer::SoapCall& call, const transport::Message& ours) const;
    Verdict judge(const consumer::Answer& answer, const consumer::SoapCall& call,
                  const transport::Message& question) const;
    void delivered(const consumer::Answer& answer, const consumer::SoapCall& call) const;
};

// --- the question ---

Verdict Replayed::read(const RecordedHttp& http) const {
    const auto head = message::parse_request_head(http.head);
    if (!head) return {"http 400", head.error().detail};
    RecordedRequest asked(*head, coded_body(http, "request-client.http"), {});
    auto call = run(consumer::read_soap_call(asked, house));
    if (!call) return answered(call.error());
    const auto& facts = (*call)->facts;
    const auto& servers = exchange.trust->instances().front().servers;
    const bool known = std::ranges::any_of(servers, [&](const auto& server) {
        return server.id == house.server && (std::ranges::find(server.clients, facts.client) != server.clients.end() ||
                                             identity::ClientId::of(server.id.owner) == facts.client);
    });
    if (!known) return answered(fault(FaultCode::unknown_member, "not a client of this server"));
    const auto addresses = consumer::addresses_of(facts.service.provider, facts.server, *exchange.trust);
    if (!addresses) return answered(addresses.error());
    auto message = run((*call)->take_message(asked, house));
    if (!message) return answered(message.error());
    sent(**call, *message);
    return accepted();
}

void Replayed::question() const {
    const auto seen = exchange.fact("observed", "request");
    const auto http = exchange.http("request-client");
    if (!http || seen.empty()) return;
    std::string theirs = "accepted";
    if (seen == "not sent to the provider") theirs = exchange.fact("observed", "clientErrorCode");
    if (theirs.empty()) theirs = "http 500";
    Tally::all().judge(exchange.group + ", our consumer's reading", exchange.name, read(*http), theirs);
}

/// The message of a recorded server, read back.
struct Taken {
    TemporaryFolder spool;
    std::optional<transport::Incoming> incoming;

    explicit Taken(const RecordedHttp& http) {
        const auto boundary = transport::message_boundary(http.field("Content-Type"));
        if (!boundary) return;
        incoming.emplace(transport::Incoming::Expect::request, *boundary, spool.path());
        transport::GivenSource source(http.body);
        auto read = run(incoming->read_rest(source));
        if (!read || !incoming->soap()) incoming.reset();
    }
};

/// What we would have sent is what was sent: the envelope and each attachment to the octet, and what stands beside.
void Replayed::sent(const consumer::SoapCall& call, const transport::Message& ours) const {
    const auto http = exchange.http("request-proxy");
    if (!http || !exchange.tampered().empty()) return;
    const Taken theirs(*http);
    if (!theirs.incoming) return;
    const auto& message = theirs.incoming->received();
    equal("envelope between servers", ours.part == message.part);
    equal("attachments between servers", ours.digests() == message.digests());
    equal("heads of the parts between servers", same_heads(ours, message));
    equal("SOAPAction between servers", call.soap_action == http->field("x-original-soapaction"));
    equal("content type between servers", call.original_content_type == http->field("x-original-content-type"));
}

// --- the answer ---

Verdict Replayed::judge(const consumer::Answer& answer, const consumer::SoapCall& call,
                        const transport::Message& asked) const {
    const auto& seal = answer.message.seal;
    signature::Question question{.signer = call.facts.service.provider.member(),
                                 .parts = answer.message.signed_parts(),
                                 .signature = *seal.signature};
    if (seal.chain_result) question.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) question.chain = seal.chain;
    const auto verified = signature::verify(question, *exchange.trust, exchange.at);
    if (!verified) return answered(verified.error().within("signature_verification"));
    const auto belongs = call.check(answer, asked.request_hash());
    return belongs ? accepted() : answered(belongs.error());
}

boost::asio::awaitable<void> receive(channel::Connection& connection, fs::path spool,
                                     std::optional<Result<consumer::Answer>>& into) {
    auto answer = co_await consumer::receive_answer(connection, message::Language::soap, std::move(spool));
    into.emplace(std::move(answer));
}

void Replayed::answer() const {
    const auto request = exchange.http("request-proxy"), response = exchange.http("response-proxy");
    if (!request || !response || exchange.fact("observed", "request").empty() || exchange.tampered() == "request")
        return;
    const Taken asked(*request);
    if (!asked.incoming) return;  // a question that our consumer side would not have sent
    auto theirs = exchange.fact("observed", "clientErrorCode");
    if (theirs.empty()) theirs = "accepted";

    RecordedAnswer connection(contents_of(exchange.folder / "response-proxy.http"));
    const TemporaryFolder spool;
    std::optional<Result<consumer::Answer>> received;
    run(receive(connection, spool.path(), received));
    const auto kind = exchange.group + ", our consumer's verdict";
    if (!*received) return Tally::all().judge(kind, exchange.name, answered(received->error()), theirs);
    const auto& answer = received->value();
    const auto& question = asked.incoming->received();
    const consumer::SoapCall call(*asked.incoming->soap(), transport::Message::soap(question.type, question.part),
                                  std::nullopt);
    const auto ours = answer.fault ? Verdict{answer.fault->code, answer.fault->text} : judge(answer, call, question);
    Tally::all().judge(kind, exchange.name, ours, theirs);
    if (ours.code == theirs && (answer.fault || ours.code == "accepted")) delivered(answer, call);
}

void Replayed::delivered(const consumer::Answer& answer, const consumer::SoapCall& call) const {
    const auto asked = exchange.http("request-client"), theirs = exchange.http("response-client");
    if (!asked || !theirs) return;
    RecordedRequest to(tests::must(message::parse_request_head(asked->head)), {}, {});
    if (answer.fault) {
        const consumer::Refusal refusal{.fault = *answer.fault, .document = answer.fault_document};
        REQUIRE(run(consumer::refuse(to, message::Language::soap, refusal)));
    } else {
        REQUIRE(run(call.deliver(to, answer)));
    }
    equal("status to the information system", theirs->start.find(to.answer.start) == 9);
    equal("content type to the information system", to.answer.field("Content-Type") == theirs->field("Content-Type"));
    equal("body to the information system", to.answer.body == theirs->body);
}

}  // namespace

TEST_CASE("our consumer side sends recorded questions in SOAP, and hands answers on, as the recorded one did") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    Premises premises;
    for (const auto& exchange : exchanges_of(*folder)) {
        if (!exchange.soap()) continue;
        const HouseThere there(premises, *folder, exchange, {{"VEC", "ORG", "1000"}, "ss1"});
        const Replayed replayed{exchange, there.house};
        replayed.question();
        replayed.answer();
    }
    CHECK(Tally::all().ran("consumer: envelope between servers") > 0);
    CHECK(Tally::all().ran("consumer: body to the information system") > 0);
}
