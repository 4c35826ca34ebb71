#include "security-server/provider/provider.hpp"

#include "certs/keys/digest.hpp"
#include "certs/signature/memory.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/base/log.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/access/registration.hpp"
#include "security-server/provider/peer.hpp"
#include "security-server/provider/question.hpp"
#include "security-server/provider/refusal.hpp"
#include "security-server/provider/repetitions.hpp"
#include "security-server/transport/evidence.hpp"
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

struct Provider::Parts {
    explicit Parts(House given)
        : house(std::move(given)), services(house), own(house.threads), places(house.limits, house.body_memory) {}

    Async<Answer> serve(channel::Exchange& exchange, Visit& visit, transport::Places::Place& place);
    Async<void> without_message(Incoming& incoming, transport::Source& source, const Envelope& envelope);
    Result<void> provider_is_ours(Visit& visit) const;
    Result<void> decide(const Question& question, const Message& message, Visit& visit,
                        signature::VerifyMemory& seen) const;
    Result<void> notice_repetition(const Visit& visit, const Message& message, OctetsView signature_value) const;
    boost::asio::awaitable<void> record_refusal(const Message& message, const Visit& visit, Fault why);
    Async<void> seal(Message& answer, const Visit& visit);

    Async<void> send(channel::Exchange& exchange, const Visit& visit, const Message& answer);
    boost::asio::awaitable<void> refuse(channel::Exchange& exchange, const Visit& visit, const WireFault& reason,
                                        OctetsView document = {});

    const House house;
    Services services;
    transport::PerThread<Own> own;
    mutable Repetitions repetitions;
    transport::Places places;
};

// The decision sequence of message-transport §3.11.1 and §5.1, for both languages. Each refusal is the answer; the
// order decides which.
Async<Answer> Provider::Parts::serve(channel::Exchange& exchange, Visit& visit, transport::Places::Place& place) {
    // 1. Method, configuration, and what the HTTP head says of the message.
    if (exchange.head().method != "POST")
        co_return fault(FaultCode::invalid_http_method, "Messages come with POST, not " + exchange.head().method + '.');
    auto snapshot = house.view.valid(house.clock.now());
    if (!snapshot) co_return snapshot.error();
    visit.snapshot = *snapshot;
    visit.state = house.state();
    auto envelope = read_envelope(exchange.head(), house.min_client_version);
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
    const Desk desk{house, services};
    const auto question = question_of(incoming, visit.envelope.rest, desk);
    if (!question) {
        auto why = co_await without_message(incoming, source, visit.envelope);
        co_return why.error();
    }
    visit.facts = question->facts();
    visit.errand.client = visit.facts.client;
    visit.errand.service = visit.facts.service;
    visit.errand.message_id = visit.facts.id;

    // 3. The provider is ours, and we can answer in its name.
    auto ours = provider_is_ours(visit);
    if (!ours) co_return ours.error().within("service_failed");

    // 4. The other server speaks for this client.
    auto executor = co_await boost::asio::this_coro::executor;
    Own* mine = own.own(executor);
    auto peer = judge_peer(exchange.peer_certificates(), incoming.received().ocsp_answers(), visit.facts.client,
                           visit.snapshot->trust, house.clock.now(), mine ? &mine->judgements : nullptr);
    if (!peer) co_return peer.error().within("service_failed");

    // 5. The rest of the message. From here on a refusal leaves a record.
    auto read = co_await incoming.read_rest(source);
    if (!read) co_return while_reading(read.error());
    auto taken_on = place.take_back();
    if (!taken_on) co_return taken_on.error();
    const Message& message = incoming.received();
    visit.errand.request_octets = message.octets();

    // 6. Signature there, service, right, signature true.
    std::optional<signature::VerifyMemory> nothing_seen;
    auto decided = decide(*question, message, visit, mine ? mine->signatures : nothing_seen.emplace());
    if (!decided) {
        co_await record_refusal(message, visit, decided.error());
        co_return decided.error();
    }

    // 7. On disk before the service is called.
    auto record = transport::record_of(Side::provider, Direction::request, visit.facts, visit.envelope.request_id,
                                       message, house.clock.now());
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded) co_return recorded.error();

    // 8. The service, then its answer: sealed, on disk, and only then on its way. A fault of the service is no answer.
    auto answer = co_await question->answer(message, visit);
    if (!answer || answer->fault) co_return answer;
    visit.answering = true;
    auto sealed = co_await seal(answer->message, visit);
    if (!sealed) co_return sealed.error();
    co_return answer;
}

// A multipart without a message in the language that its head says: always a fault. What is wrong with its parts comes
// first, as everywhere.
Async<void> Provider::Parts::without_message(Incoming& incoming, transport::Source& source, const Envelope& envelope) {
    auto read = co_await incoming.read_rest(source);
    if (!read) co_return while_reading(read.error());
    if (envelope.rest) co_return fault(FaultCode::internal_error, "The message holds no REST message part.");
    co_return fault(FaultCode::missing_soap,
                    "The message holds no SOAP part; REST messages say x-road-message-type: REST.");
}

Result<void> Provider::Parts::provider_is_ours(Visit& visit) const {
    const auto& [language, client, service, id, server] = visit.facts;
    if (language == message::Language::soap && server && *server != house.server)
        return fault(FaultCode::invalid_security_server,
                     "The message asks for " + server->text() + "; this is " + house.server.text() + '.');
    const auto owner = access::registered_client(*visit.state, service.provider, house.server, *visit.snapshot->trust);
    if (!owner) return owner.error();
    visit.owner = *owner;
    auto own_key = house.keys.signing_key(service.provider.member());
    if (!own_key) return own_key.error();
    return {};
}

Result<void> Provider::Parts::decide(const Question& question, const Message& message, Visit& visit,
                                     signature::VerifyMemory& seen) const {
    if (!message.seal.signature) return fault(FaultCode::missing_signature, "The message holds no signature.");
    const auto& trust = visit.snapshot->trust;
    auto admission = question.admit(*visit.owner, *trust);
    if (!admission) return admission.error();
    visit.admission = *admission;
    if (admission->right) visit.errand.endpoint = admission->right->method + ' ' + admission->right->path;
    auto verified = verify(visit.facts, message, trust, house.clock.now(), seen);
    if (!verified) return verified.error();
    auto complete = check_complete(visit.envelope);
    if (!complete) return complete.error();
    return notice_repetition(visit, message, *verified);
}

// The wire allows a request that was sent before, and services that must not run twice have their own ways to see it;
// whoever wants more of the server says so in its file. A client may well send the same envelope twice; its server then
// signs it twice. Threat row 27.
Result<void> Provider::Parts::notice_repetition(const Visit& visit, const Message& message,
                                                OctetsView signature_value) const {
    const bool soap = message.language == message::Language::soap;
    const Octets digest = soap ? keys::sha512(message.part_sha512 + Octets(signature_value)) : message.request_hash();
    if (!repetitions.note(digest)) return {};
    log::warning("message.repeated", {{"message_id", visit.facts.id},
                                      {"client", visit.facts.client.url()},
                                      {"service", visit.facts.service.url()},
                                      {"refused", house.refuse_repetitions}});
    if (!house.refuse_repetitions) return {};
    return fault(FaultCode::invalid_request,
                 "The same signed request came before and was carried out then; ask anew if it is meant again.");
}

// The refusal stands whether or not it could be recorded: its reason is the better answer.
boost::asio::awaitable<void> Provider::Parts::record_refusal(const Message& message, const Visit& visit, Fault why) {
    const std::string outcome = message::wire_fault(why, prefix).code;
    auto record = transport::record_of(Side::provider, Direction::request, visit.facts, visit.envelope.request_id,
                                       message, house.clock.now(), outcome);
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded)
        log::error("refusal.not_recorded", {{"message_id", visit.facts.id}, {"reason", recorded.error().detail}});
}

Async<void> Provider::Parts::seal(Message& answer, const Visit& visit) {
    auto digests = answer.digests();
    auto seal = co_await house.sealer.seal(visit.facts.service.provider.member(), std::move(digests));
    if (!seal) co_return seal.error();
    answer.seal = std::move(*seal);
    auto record = transport::record_of(Side::provider, Direction::response, visit.facts, visit.envelope.request_id,
                                       answer, house.clock.now());
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded) co_return recorded.error();
    co_return Result<void>{};
}

// What the multipart holds is on disk by now; a connection that breaks costs the other side its answer, not us the
// record. Names of headers stay in lower case: message-transport §8, trap 1.
Async<void> Provider::Parts::send(channel::Exchange& exchange, const Visit& visit, const Message& answer) {
    if (auto met = failpoint::met("peer.answer", exchange.peer_address()); !met) co_return met.error();
    const std::string boundary = message::random_boundary();
    message::Fields fields{{"Content-Type", transport::multipart_type(boundary)},
                           {"x-hash-algorithm", std::string(transport::hash_algorithm)}};
    fields.insert(fields.end(), visit.fields.begin(), visit.fields.end());
    const channel::Exchange::Streaming how{.length = std::nullopt, .until_close = !house.pooled_connections};
    auto begun = co_await exchange.begin(200, "OK", fields, how);
    if (!begun) co_return begun.error();
    transport::AnswerSink sink(exchange);
    auto written = co_await transport::write_message(sink, boundary, answer);
    co_return written;
}

// `document`: the fault as a service wrote it, when it is the service's.
boost::asio::awaitable<void> Provider::Parts::refuse(channel::Exchange& exchange, const Visit& visit,
                                                     const WireFault& reason, OctetsView document) {
    transport::log_refused(visit.errand, reason);
    const Octets written = document.empty() ? message::write_soap_fault(reason) : Octets(document);
    Result<void> told;
    if (visit.answering) told = co_await refuse_late(exchange, written, visit.fields);
    if (!visit.answering) told = co_await refuse_early(exchange, written);
    if (!told) exchange.close_after();
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
        co_await parts_->refuse(exchange, visit, busy);
        co_return;
    }
    Result<Answer> answer = fault(FaultCode::internal_error, {});
    try {
        answer = co_await parts_->serve(exchange, visit, *place);
    } catch (const std::exception& bug) {
        answer = fault(FaultCode::internal_error, std::string("Answering a message: ") + bug.what());
    }
    if (!answer) {
        const WireFault reason = message::wire_fault(answer.error(), prefix);
        co_await parts_->refuse(exchange, visit, reason);
        co_return;
    }
    if (answer->fault) {
        co_await parts_->refuse(exchange, visit, answer->fault->fault, answer->fault->document);
        co_return;
    }
    visit.errand.response_octets = answer->message.octets();
    auto sent = co_await parts_->send(exchange, visit, answer->message);
    if (sent) transport::log_accepted(visit.errand);
    if (!sent) transport::log_refused(visit.errand, message::wire_fault(sent.error(), prefix));
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
