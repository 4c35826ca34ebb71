#include "security-server/consumer/consumer.hpp"

#include "certs/signature/memory.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/access/registration.hpp"
#include "security-server/consumer/answer.hpp"
#include "security-server/consumer/delivery.hpp"
#include "security-server/consumer/peers.hpp"
#include "security-server/consumer/rest_call.hpp"
#include "security-server/consumer/routes.hpp"
#include "security-server/consumer/soap_call.hpp"
#include "security-server/transport/errand.hpp"
#include "security-server/transport/evidence.hpp"
#include "security-server/transport/outgoing.hpp"
#include "security-server/transport/threads_own.hpp"

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

namespace onceway::consumer {
namespace {

using message::Language;
using records::Direction;
using records::Side;
using transport::Errand;
using transport::Message;

constexpr std::string_view prefix = "server.clientproxy";

/// Everything outside /r1/ is SOAP, /r2/ and /R1/ too. Rule: message-transport §2.1.
Language language_of(const message::RequestHead& head) {
    return head.target.starts_with("/r1/") ? Language::rest : Language::soap;
}

/// Rule: message-transport §3.4.
std::string head_for_peer(const Call& call, std::string_view host, std::uint16_t port, std::string_view boundary,
                          bool keep_alive) {
    std::string head;
    head.reserve(1024);
    head += "POST / HTTP/1.1\r\n";
    message::append_field(head, "Host", fmt::format("{}:{}", host, port));
    message::append_field(head, "x-hash-algorithm", transport::hash_algorithm);
    message::append_field(head, "x-proxy-version", transport::wire_version);
    message::append_field(head, "x-original-content-type", call.original_content_type);
    message::append_field(head, "x-road-request-id", call.request_id);
    call.append_fields(head);
    message::append_field(head, "Content-Type", transport::multipart_type(boundary));
    message::append_field(head, "Connection", keep_alive ? "Keep-Alive" : "close");
    message::append_field(head, "User-Agent", "Onceway/" ONCEWAY_VERSION);
    return head.append("Transfer-Encoding: chunked\r\n\r\n");
}

/// What is wrong with a question in SOAP has a prefix of its own. Rule: message-transport §2.8.
WireFault as_answered(const Fault& fault) {
    return message::wire_fault(fault, fault.phase.starts_with("client.") ? "client" : prefix);
}

}  // namespace

struct Consumer::Parts {
    explicit Parts(House given)
        : house(std::move(given)), peers(house), places(house.limits, house.body_memory), signatures(house.threads) {}

    Async<std::unique_ptr<Call>> read_call(channel::Exchange& exchange);
    /// The call that was read stays in `call`: whoever delivers the answer needs it.
    Async<Answer> carry(channel::Exchange& exchange, std::unique_ptr<Call>& call, Errand& errand,
                        transport::Places::Place& place);
    Async<Answer> ask(const Call& call, const Message& question, std::vector<std::string> addresses,
                      std::shared_ptr<const registry_view::Snapshot> snapshot, Line line, Errand& errand);
    Async<void> judge(const Call& call, const Message& question, const Answer& answer,
                      const registry_view::Snapshot& snapshot);
    Result<void> check(const Call& call, const Message& question, const Answer& answer,
                       const registry_view::Snapshot& snapshot, signature::VerifyMemory& seen) const;

    const House house;
    Peers peers;
    transport::Places places;
    transport::PerThread<signature::VerifyMemory> signatures;
};

Async<std::unique_ptr<Call>> Consumer::Parts::read_call(channel::Exchange& exchange) {
    if (language_of(exchange.head()) == Language::soap) {
        auto soap = co_await read_soap_call(exchange, house);
        if (!soap) co_return soap.error();
        co_return std::unique_ptr<Call>(std::move(*soap));
    }
    auto rest = read_rest_call(exchange.head(), house.server.owner.instance);
    if (!rest) co_return rest.error();
    co_return std::unique_ptr<Call>(std::move(*rest));
}

Async<Answer> Consumer::Parts::carry(channel::Exchange& exchange, std::unique_ptr<Call>& call, Errand& errand,
                                     transport::Places::Place& place) {
    // 1. One snapshot of the configuration and one revision of the state serve every check of this message.
    auto snapshot = house.view.valid(house.clock.now());
    if (!snapshot) co_return snapshot.error();
    const auto state = house.state();

    // 2. Who asks whom for what, and may this connection ask in the client's name?
    place.lend();
    auto read = co_await read_call(exchange);
    if (!read) co_return read.error();
    call = std::move(*read);
    const auto& facts = call->facts;
    if (call->sent_back) {
        Answer back;
        back.fault = std::move(call->sent_back);
        co_return back;
    }
    errand.client = facts.client;
    errand.service = facts.service;
    errand.message_id = facts.id;
    errand.request_id = call->request_id;
    const auto client = access::registered_client(*state, facts.client, house.server, *(*snapshot)->trust);
    if (!client) co_return client.error();
    auto authentic = authenticate(**client, exchange, recognition_by(house));
    if (!authentic) co_return authentic.error();

    // 3. Whatever can be missing is found missing before any work: servers that serve the provider, our own proofs.
    const auto provider = facts.service.provider;
    auto addresses = addresses_of(provider, facts.server, *(*snapshot)->trust);
    if (!addresses) co_return addresses.error();
    auto own_key = house.keys.signing_key(facts.client.member());
    if (!own_key) co_return own_key.error();
    auto own_ocsp = house.keys.authentication_ocsp();
    if (!own_ocsp) co_return own_ocsp.error();

    // 4. The whole body, digested as it arrives. Then somebody to send it to.
    auto question = co_await call->take_message(exchange, house);
    if (!question) co_return question.error();
    auto taken_on = place.take_back();
    if (!taken_on) co_return taken_on.error();
    question->ocsp = std::move(*own_ocsp);
    errand.request_octets = question->octets();
    auto line = co_await peers.open(*addresses, provider, *snapshot);
    if (!line) co_return line.error();

    // 5. Seal, then record: the signature leaves only once it is on disk.
    auto digests = question->digests();
    auto seal = co_await house.sealer.seal(facts.client.member(), std::move(digests));
    if (!seal) co_return seal.error();
    question->seal = std::move(*seal);
    auto record =
        transport::record_of(Side::client, Direction::request, facts, call->request_id, *question, house.clock.now());
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded) co_return recorded.error();

    // 6. Carry it across. What comes back is judged and recorded before anybody reads it.
    auto answer = co_await ask(*call, *question, std::move(*addresses), *snapshot, std::move(*line), errand);
    if (!answer || answer->fault) co_return answer;
    errand.response_octets = answer->message.octets();
    errand.status = answer->response ? answer->response->status : 200;  // what SOAP answers with
    auto judged = co_await judge(*call, *question, *answer, **snapshot);
    if (!judged) co_return judged.error();
    co_return answer;
}

// A request is never repeated once an octet of it was sent: what fails from then on fails the exchange. Promise P2.
Async<Answer> Consumer::Parts::ask(const Call& call, const Message& question, std::vector<std::string> addresses,
                                   std::shared_ptr<const registry_view::Snapshot> snapshot, Line line, Errand& errand) {
    if (!line.connection->still_open()) {
        auto another = co_await peers.open(std::move(addresses), call.facts.service.provider, snapshot);
        if (!another) co_return another.error();
        line = std::move(*another);
    }
    errand.peer = line.connection->peer_address();
    errand.request_out = house.clock.now();
    const std::string boundary = message::random_boundary();
    transport::ChunkedRequest sink(
        *line.connection, head_for_peer(call, line.to, house.ports.messages, boundary, house.pooled_connections));
    if (auto met = failpoint::met("peer.send", line.to); !met) co_return met.error();
    auto written = co_await transport::write_message(sink, boundary, question);
    if (auto met = failpoint::met("peer.sent", line.to); !met) co_return met.error();
    // A body that our own disk does not give is never finished: there is no answer to wait for.
    if (!written && written.error().code == FaultCode::io_error) co_return written.error();
    // A server that refuses early may have answered and closed before it read everything: its reason counts.
    auto answer = co_await receive_answer(*line.connection, call.facts.language, house.spool, house.body_memory);
    if (!written && !answer) co_return written.error();
    if (!answer) co_return answer.error();
    failpoint::reached("peer.received", line.to);
    errand.response_in = house.clock.now();
    auto kept = co_await peers.give_back(std::move(line));
    if (!kept) co_return kept.error();
    co_return answer;
}

// Signature and consistency first, then the record, then the answer. A refused answer is recorded as well.
Async<void> Consumer::Parts::judge(const Call& call, const Message& question, const Answer& answer,
                                   const registry_view::Snapshot& snapshot) {
    auto executor = co_await boost::asio::this_coro::executor;
    auto* seen = signatures.own(executor);
    std::optional<signature::VerifyMemory> nothing_seen;
    if (!seen) seen = &nothing_seen.emplace();
    auto checked = check(call, question, answer, snapshot, *seen);
    const std::string outcome = checked ? std::string("accepted") : message::wire_fault(checked.error(), prefix).code;
    auto record = transport::record_of(Side::client, Direction::response, call.facts, call.request_id, answer.message,
                                       house.clock.now(), outcome);
    auto recorded = co_await house.log.append(std::move(record));
    if (!checked) co_return checked.error();
    if (!recorded) co_return recorded.error();
    co_return Result<void>{};
}

Result<void> Consumer::Parts::check(const Call& call, const Message& question, const Answer& answer,
                                    const registry_view::Snapshot& snapshot, signature::VerifyMemory& seen) const {
    const auto& seal = answer.message.seal;
    signature::Question asked{.signer = call.facts.service.provider.member(),
                              .parts = answer.message.signed_parts(),
                              .signature = *seal.signature};
    if (seal.chain_result) asked.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) asked.chain = seal.chain;
    auto verified = signature::verify(asked, snapshot.trust, house.clock.now(), seen);
    if (!verified) return verified.error().within("signature_verification");
    return call.check(answer, question.request_hash());
}

Consumer::Consumer(House house) : parts_(std::make_unique<Parts>(std::move(house))) {}
Consumer::~Consumer() = default;
void Consumer::renew() { parts_->peers.renew(); }
const transport::Places& Consumer::places() const { return parts_->places; }

boost::asio::awaitable<void> Consumer::answer(channel::Exchange& exchange) {
    const Language language = language_of(exchange.head());
    Errand errand(Errand::Side::client, parts_->house.clock);
    std::unique_ptr<Call> call;
    Result<Answer> answer = fault(FaultCode::internal_error, {});
    auto place = parts_->places.take();
    try {
        if (place)
            answer = co_await parts_->carry(exchange, call, errand, *place);
        else
            answer = place.error();
    } catch (const std::exception& bug) {
        answer = fault(FaultCode::internal_error, std::string("Carrying a message: ") + bug.what());
    }
    if (answer && !answer->fault) {
        auto delivered = co_await call->deliver(exchange, *answer);
        if (delivered) transport::log_accepted(errand);
        if (!delivered) transport::log_refused(errand, message::wire_fault(delivered.error(), prefix));
        co_return;
    }
    Refusal why{answer ? std::move(*answer->fault) : as_answered(answer.error())};
    if (answer)
        why.document = std::move(answer->fault_document);
    else
        why.busy = answer.error().code == FaultCode::overloaded;
    transport::log_refused(errand, why.fault);
    auto told = co_await refuse(exchange, language, why);
    if (!told) exchange.close_after();
}

}  // namespace onceway::consumer
