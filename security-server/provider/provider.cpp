#include "security-server/provider/provider.hpp"

#include "certs/signature/memory.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/base/log.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/provider/admission.hpp"
#include "security-server/provider/catalogue.hpp"
#include "security-server/provider/envelope.hpp"
#include "security-server/provider/peer.hpp"
#include "security-server/provider/refusal.hpp"
#include "security-server/provider/repetitions.hpp"
#include "security-server/provider/service.hpp"
#include "security-server/transport/errand.hpp"
#include "security-server/transport/evidence.hpp"
#include "security-server/transport/incoming.hpp"
#include "security-server/transport/outgoing.hpp"
#include "security-server/transport/threads_own.hpp"

#include <boost/asio/this_coro.hpp>

namespace onceway::provider {
namespace {

using records::Direction;
using records::Side;
using transport::Errand;
using transport::Incoming;
using transport::Message;
using Snapshot = std::shared_ptr<const registry_view::Snapshot>;

constexpr std::string_view prefix = "server.serverproxy";

Fault while_reading(Fault cause) {
    if (cause.code == FaultCode::timed_out) cause.code = FaultCode::io_error;
    return cause.within("service_failed");
}

struct Own {
    x509::JudgementMemory judgements;
    signature::VerifyMemory signatures;
};

}  // namespace

/// How far one message has come.
struct Visit {
    Errand errand;
    Envelope envelope;
    Snapshot snapshot;
    std::shared_ptr<const access::State> state;
    const access::Client* owner = nullptr;  // of the service
    Admission admission;
    bool answering = false;  // a genuine server has begun its multipart by now: faults are late ones
};

struct Provider::Parts {
    explicit Parts(House given)
        : house(std::move(given)), services(house), own(house.threads), places(house.limits, house.body_memory) {}

    Async<Message> serve(channel::Exchange& exchange, Visit& visit, transport::Places::Place& place);
    Async<void> without_message(Incoming& incoming, transport::Source& source, const Envelope& envelope);
    Result<void> decide(const message::RestRequest& request, const Message& question, Visit& visit,
                        signature::VerifyMemory& seen) const;
    Result<void> notice_repetition(const message::RestRequest& request, const Message& question) const;
    boost::asio::awaitable<void> record_refusal(const message::RestRequest& request, const Message& question,
                                                const Visit& visit, Fault why);
    Async<ServiceAnswer> ask_service(const message::RestRequest& request, const Message& question, Visit& visit);
    Async<Message> seal_answer(const message::RestRequest& request, const Message& question, ServiceAnswer given,
                               const Visit& visit);

    Async<void> send(channel::Exchange& exchange, const Message& answer);

    const House house;
    Services services;
    transport::PerThread<Own> own;
    mutable Repetitions repetitions;
    transport::Places places;
};

// The decision sequence of message-transport §3.11.1 and §5.1. Each refusal is the answer; the order decides which.
Async<Message> Provider::Parts::serve(channel::Exchange& exchange, Visit& visit, transport::Places::Place& place) {
    // 1. Method, configuration, and what the HTTP head says of the message.
    if (exchange.head().method != "POST")
        co_return fault(FaultCode::invalid_http_method, "Messages come with POST, not " + exchange.head().method + '.');
    auto snapshot = house.view.valid(house.clock.now());
    if (!snapshot) co_return snapshot.error();
    visit.snapshot = *snapshot;
    visit.state = house.state();
    auto envelope = read_envelope(exchange.head());
    if (!envelope) co_return envelope.error();
    visit.envelope = std::move(*envelope);
    visit.errand.request_id = visit.envelope.request_id;
    visit.errand.peer_version = visit.envelope.peer_version;

    // 2. The parts up to the message: who asks whom for what.
    transport::RequestSource source(exchange);
    Incoming incoming(Incoming::Expect::request, visit.envelope.boundary, house.spool, house.body_memory);
    place.lend();
    auto begun = co_await incoming.read_message_part(source);
    if (!begun) co_return while_reading(begun.error());
    if (!incoming.request() || !visit.envelope.rest) {
        auto why = co_await without_message(incoming, source, visit.envelope);
        co_return why.error();
    }
    const auto& request = *incoming.request();
    const auto provider = request.parsed.service.provider;
    visit.errand.client = request.client;
    visit.errand.service = request.parsed.service;
    visit.errand.message_id = request.id;

    // 3. The provider is ours, and we can answer in its name.
    visit.owner = visit.state->client(provider);
    if (!visit.owner)
        co_return fault(FaultCode::unknown_member, provider.text() + " is not registered at this security server.")
            .within("service_failed");
    auto own_key = house.keys.signing_key(provider.member());
    if (!own_key) co_return own_key.error().within("service_failed");

    // 4. The other server speaks for this client.
    auto executor = co_await boost::asio::this_coro::executor;
    Own* mine = own.own(executor);
    auto peer = judge_peer(exchange.peer_certificates(), incoming.received().ocsp_answers(), request.client,
                           visit.snapshot->trust, house.clock.now(), mine ? &mine->judgements : nullptr);
    if (!peer) co_return peer.error().within("service_failed");

    // 5. The rest of the message. From here on a refusal leaves a record.
    auto read = co_await incoming.read_rest(source);
    if (!read) co_return while_reading(read.error());
    auto taken_on = place.take_back();
    if (!taken_on) co_return taken_on.error();
    const Message& question = incoming.received();
    visit.errand.request_octets = question.octets();

    // 6. Signature there, service, right, signature true.
    std::optional<signature::VerifyMemory> nothing_seen;
    auto decided = decide(request, question, visit, mine ? mine->signatures : nothing_seen.emplace());
    if (!decided) {
        co_await record_refusal(request, question, visit, decided.error());
        co_return decided.error();
    }

    // 7. On disk before the service is called.
    auto record = transport::record_of(Side::provider, Direction::request, request.facts(), visit.envelope.request_id,
                                       question, house.clock.now());
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded) co_return recorded.error();

    // 8. The service, then its answer: sealed, on disk, and only then on its way.
    visit.answering = true;
    auto given = co_await ask_service(request, question, visit);
    if (!given) co_return given.error();
    auto answer = co_await seal_answer(request, question, std::move(*given), visit);
    co_return answer;
}

// A multipart without a REST message: always a fault. What is wrong with its parts comes first, as everywhere.
Async<void> Provider::Parts::without_message(Incoming& incoming, transport::Source& source, const Envelope& envelope) {
    auto read = co_await incoming.read_rest(source);
    if (!read) co_return while_reading(read.error());
    if (incoming.soap())
        co_return fault(
            FaultCode::service_type,
            "SOAP messages are not served by this release of the security server; call the service as REST.");
    if (envelope.rest) co_return fault(FaultCode::internal_error, "The message holds no REST message part.");
    co_return fault(FaultCode::missing_soap,
                    "The message holds no SOAP part; REST messages say x-road-message-type: REST.");
}

Result<void> Provider::Parts::decide(const message::RestRequest& request, const Message& question, Visit& visit,
                                     signature::VerifyMemory& seen) const {
    if (!question.seal.signature) return fault(FaultCode::missing_signature, "The message holds no signature.");
    auto admission = admit(request, *visit.owner, *visit.snapshot->trust);
    if (!admission) return admission.error();
    visit.admission = *admission;
    if (admission->right) visit.errand.endpoint = admission->right->method + ' ' + admission->right->path;
    auto verified = verify(request, question, visit.snapshot->trust, house.clock.now(), seen);
    if (!verified) return verified.error();
    if (visit.envelope.request_id.empty())
        return fault(FaultCode::internal_error, "The HTTP request has no x-road-request-id header.");
    return notice_repetition(request, question);
}

// The wire allows a request that was sent before, and services that must not run twice have their own ways to see it;
// whoever wants more of the server says so in its file. Threat row 27.
Result<void> Provider::Parts::notice_repetition(const message::RestRequest& request, const Message& question) const {
    if (!repetitions.note(question.request_hash())) return {};
    log::warning("message.repeated", {{"message_id", request.id},
                                      {"client", request.client.url()},
                                      {"service", request.parsed.service.url()},
                                      {"refused", house.refuse_repetitions}});
    if (!house.refuse_repetitions) return {};
    return fault(FaultCode::invalid_request,
                 "The same signed request came before and was carried out then; ask anew if it is meant again.");
}

// The refusal stands whether or not it could be recorded: its reason is the better answer.
boost::asio::awaitable<void> Provider::Parts::record_refusal(const message::RestRequest& request,
                                                             const Message& question, const Visit& visit, Fault why) {
    const std::string outcome = message::wire_fault(why, prefix).code;
    auto record = transport::record_of(Side::provider, Direction::request, request.facts(), visit.envelope.request_id,
                                       question, house.clock.now(), outcome);
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded)
        log::error("refusal.not_recorded", {{"message_id", request.id}, {"reason", recorded.error().detail}});
}

Async<ServiceAnswer> Provider::Parts::ask_service(const message::RestRequest& request, const Message& question,
                                                  Visit& visit) {
    visit.errand.request_out = house.clock.now();
    if (!visit.admission.service) {
        auto described = describe(request, *visit.owner, *visit.snapshot->trust);
        if (!described) co_return described.error();
        ServiceAnswer own_answer{.status = 200, .reason = "OK", .fields = {}, .body = nullptr};
        own_answer.body = std::make_shared<channel::Payload>(house.spool);
        auto kept = co_await own_answer.body->append(*described);
        if (!kept) co_return kept.error();
        own_answer.body->seal();
        co_return own_answer;
    }
    auto answer = co_await services.call(*visit.admission.service, *visit.owner, request, question.body.get());
    visit.errand.response_in = house.clock.now();
    if (answer) visit.errand.status = answer->status;
    co_return answer;
}

Async<Message> Provider::Parts::seal_answer(const message::RestRequest& request, const Message& question,
                                            ServiceAnswer given, const Visit& visit) {
    const message::RestResponseFacts facts{.id = request.id,
                                           .client = request.client,
                                           .service = request.parsed.service,
                                           .request_id = visit.envelope.request_id,
                                           .request_hash = question.request_hash()};
    Octets part = message::write_rest_response(given.status, given.reason, given.fields, facts);
    // What a server tells about itself names its type behind the generated headers. Rule: message-transport §5.6.
    if (!visit.admission.service) part += "content-type:application/json\r\n";
    Message answer = Message::of(transport::part_type::rest_response, std::move(part), std::move(given.body));
    auto digests = answer.digests();
    auto seal = co_await house.sealer.seal(facts.service.provider.member(), std::move(digests));
    if (!seal) co_return seal.error();
    answer.seal = std::move(*seal);
    auto record = transport::record_of(Side::provider, Direction::response, request.facts(), facts.request_id, answer,
                                       house.clock.now());
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded) co_return recorded.error();
    co_return answer;
}

// What the multipart holds is on disk by now; a connection that breaks costs the other side its answer, not us the
// record.
Async<void> Provider::Parts::send(channel::Exchange& exchange, const Message& answer) {
    if (auto met = failpoint::met("peer.answer", exchange.peer_address()); !met) co_return met.error();
    const std::string boundary = message::random_boundary();
    const message::Fields fields{{"Content-Type", transport::multipart_type(boundary)},
                                 {"x-hash-algorithm", std::string(transport::hash_algorithm)}};
    const channel::Exchange::Streaming how{.length = std::nullopt, .until_close = !house.pooled_connections};
    auto begun = co_await exchange.begin(200, "OK", fields, how);
    if (!begun) co_return begun.error();
    transport::AnswerSink sink(exchange);
    auto written = co_await transport::write_message(sink, boundary, answer);
    co_return written;
}

Provider::Provider(House house) : parts_(std::make_unique<Parts>(std::move(house))) {}
Provider::~Provider() = default;
const transport::Places& Provider::places() const { return parts_->places; }

boost::asio::awaitable<void> Provider::answer(channel::Exchange& exchange) {
    Visit visit{.errand = Errand(Errand::Side::provider, parts_->house.clock)};
    visit.errand.peer = exchange.peer_address();
    if (!parts_->house.pooled_connections) exchange.close_after();
    auto place = parts_->places.take();
    if (!place) {
        const WireFault busy = message::wire_fault(place.error(), prefix);
        transport::log_refused(visit.errand, busy);
        auto told = co_await refuse_early(exchange, busy);
        if (!told) exchange.close_after();
        co_return;
    }
    Result<Message> answer = fault(FaultCode::internal_error, {});
    try {
        answer = co_await parts_->serve(exchange, visit, *place);
    } catch (const std::exception& bug) {
        answer = fault(FaultCode::internal_error, std::string("Answering a message: ") + bug.what());
    }
    if (answer) {
        visit.errand.response_octets = answer->octets();
        auto sent = co_await parts_->send(exchange, *answer);
        if (sent) transport::log_accepted(visit.errand);
        if (!sent) transport::log_refused(visit.errand, message::wire_fault(sent.error(), prefix));
        co_return;
    }
    const WireFault reason = message::wire_fault(answer.error(), prefix);
    transport::log_refused(visit.errand, reason);
    Result<void> told;
    if (visit.answering) told = co_await refuse_late(exchange, reason);
    if (!visit.answering) told = co_await refuse_early(exchange, reason);
    if (!told) exchange.close_after();
}

Result<std::shared_ptr<channel::TlsContext>> Provider::tls() const {
    const House& house = parts_->house;
    auto identity = house.keys.authentication();
    if (!identity) return identity.error();
    std::vector<x509::Certificate> authorities;
    const auto snapshot = house.view.current();
    if (snapshot)
        for (const auto& authority : snapshot->trust->authorities()) authorities.push_back(authority.certificate);
    const auto registered = [&view = house.view](const x509::Certificate& leaf) {
        const auto now = view.current();
        return now && now->trust->server_with(leaf) != nullptr;
    };
    return channel::TlsContext::peer_server(*identity, registered, authorities);
}

}  // namespace onceway::provider
