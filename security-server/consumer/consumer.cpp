#include "security-server/consumer/consumer.hpp"

#include "certs/signature/memory.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/consumer/answer.hpp"
#include "security-server/consumer/call.hpp"
#include "security-server/consumer/delivery.hpp"
#include "security-server/consumer/peers.hpp"
#include "security-server/consumer/routes.hpp"
#include "security-server/transport/errand.hpp"
#include "security-server/transport/evidence.hpp"
#include "security-server/transport/outgoing.hpp"
#include "security-server/transport/threads_own.hpp"

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

namespace onceway::consumer {
namespace {

using records::Direction;
using records::Side;
using transport::Errand;
using transport::Message;

constexpr std::string_view prefix = "server.clientproxy";

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
    message::append_field(head, "x-road-message-type", transport::rest_message_type);
    message::append_field(head, "x-road-request-id", call.request_id);
    message::append_field(head, "Content-Type", transport::multipart_type(boundary));
    message::append_field(head, "Connection", keep_alive ? "Keep-Alive" : "close");
    message::append_field(head, "User-Agent", "Onceway/" ONCEWAY_VERSION);
    return head.append("Transfer-Encoding: chunked\r\n\r\n");
}

Async<std::shared_ptr<channel::Payload>> read_body(channel::Exchange& exchange,
                                                   std::shared_ptr<transport::CountedBody> body) {
    for (;;) {
        auto octets = co_await exchange.read_body();
        if (!octets) {
            Fault cause = octets.error();
            if (cause.code == FaultCode::timed_out) cause.code = FaultCode::io_error;
            co_return cause;
        }
        if (octets->empty()) break;
        auto kept = co_await body->append(*octets);
        if (!kept) co_return kept.error();
    }
    body->seal();
    // An empty body is no body. Rule: message-transport §2.2.3.
    std::shared_ptr<channel::Payload> payload;
    if (!body->empty()) payload = transport::CountedBody::payload(std::move(body));
    co_return payload;
}

}  // namespace

struct Consumer::Parts {
    explicit Parts(House given)
        : house(std::move(given)), peers(house), places(house.limits, house.body_memory), signatures(house.threads) {}

    Async<Answer> carry(channel::Exchange& exchange, Errand& errand, transport::Places::Place& place);
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

Async<Answer> Consumer::Parts::carry(channel::Exchange& exchange, Errand& errand, transport::Places::Place& place) {
    // 1. One snapshot of the configuration and one revision of the state serve every check of this message.
    auto snapshot = house.view.valid(house.clock.now());
    if (!snapshot) co_return snapshot.error();
    const auto state = house.state();

    // 2. Who asks whom for what, and may this connection ask in the client's name?
    auto call = read_call(exchange.head(), house.server.owner.instance);
    if (!call) co_return call.error();
    const auto& request = call->request;
    errand.client = request.client;
    errand.service = request.parsed.service;
    errand.message_id = request.id;
    errand.request_id = call->request_id;
    const auto* client = state->client(request.client);
    if (!client)
        co_return fault(FaultCode::unknown_member,
                        request.client.text() + " is not registered at this security server.");
    auto authentic = authenticate(*client, exchange, recognition_by(house));
    if (!authentic) co_return authentic.error();

    // 3. Whatever can be missing is found missing before any work: servers that serve the provider, our own proofs.
    const auto provider = request.parsed.service.provider;
    auto addresses = addresses_of(provider, request.server, *(*snapshot)->trust);
    if (!addresses) co_return addresses.error();
    auto own_key = house.keys.signing_key(request.client.member());
    if (!own_key) co_return own_key.error();
    auto own_ocsp = house.keys.authentication_ocsp();
    if (!own_ocsp) co_return own_ocsp.error();

    // 4. The whole body, digested as it arrives. Then somebody to send it to.
    auto room = transport::CountedBody::make(house.spool, house.body_memory);
    place.lend();
    auto body = co_await read_body(exchange, std::move(room));
    if (!body) co_return body.error();
    auto taken_on = place.take_back();
    if (!taken_on) co_return taken_on.error();
    Message question = Message::of(transport::part_type::rest_request, call->part, std::move(*body));
    question.ocsp = std::move(*own_ocsp);
    errand.request_octets = question.octets();
    auto line = co_await peers.open(*addresses, provider, *snapshot);
    if (!line) co_return line.error();

    // 5. Seal, then record: the signature leaves only once it is on disk.
    auto digests = question.digests();
    auto seal = co_await house.sealer.seal(request.client.member(), std::move(digests));
    if (!seal) co_return seal.error();
    question.seal = std::move(*seal);
    auto record = transport::record_of(Side::client, Direction::request, request.facts(), call->request_id, question,
                                       house.clock.now());
    auto recorded = co_await house.log.append(std::move(record));
    if (!recorded) co_return recorded.error();

    // 6. Carry it across. What comes back is judged and recorded before anybody reads it.
    auto answer = co_await ask(*call, question, std::move(*addresses), *snapshot, std::move(*line), errand);
    if (!answer || answer->fault) co_return answer;
    errand.response_octets = answer->message.octets();
    errand.status = answer->response.status;
    auto judged = co_await judge(*call, question, *answer, **snapshot);
    if (!judged) co_return judged.error();
    co_return answer;
}

// A request is never repeated once an octet of it was sent: what fails from then on fails the exchange. Promise P2.
Async<Answer> Consumer::Parts::ask(const Call& call, const Message& question, std::vector<std::string> addresses,
                                   std::shared_ptr<const registry_view::Snapshot> snapshot, Line line, Errand& errand) {
    if (!line.connection->still_open()) {
        auto another = co_await peers.open(std::move(addresses), call.request.parsed.service.provider, snapshot);
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
    auto answer = co_await receive_answer(*line.connection, house.spool, house.body_memory);
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
    auto record = transport::record_of(Side::client, Direction::response, call.request.facts(), call.request_id,
                                       answer.message, house.clock.now(), outcome);
    auto recorded = co_await house.log.append(std::move(record));
    if (!checked) co_return checked.error();
    if (!recorded) co_return recorded.error();
    co_return Result<void>{};
}

Result<void> Consumer::Parts::check(const Call& call, const Message& question, const Answer& answer,
                                    const registry_view::Snapshot& snapshot, signature::VerifyMemory& seen) const {
    const auto& seal = answer.message.seal;
    signature::Question asked{.signer = call.request.parsed.service.provider.member(),
                              .parts = answer.message.signed_parts(),
                              .signature = *seal.signature};
    if (seal.chain_result) asked.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) asked.chain = seal.chain;
    auto verified = signature::verify(asked, snapshot.trust, house.clock.now(), seen);
    if (!verified) return verified.error().within("signature_verification");
    auto belongs = check_belongs(answer.response, call.request, call.request_id, question.request_hash());
    if (!belongs) return belongs.error();
    if (answer.response.status < 200)
        return fault(FaultCode::internal_error, "The provider's answer has status " +
                                                    std::to_string(answer.response.status) +
                                                    ", which ends no HTTP exchange.")
            .within("service_failed");
    auto fields = transport::check_fields(answer.response.fields);
    if (!fields) return fields.error().within("service_failed");
    return {};
}

Consumer::Consumer(House house) : parts_(std::make_unique<Parts>(std::move(house))) {}
Consumer::~Consumer() = default;
void Consumer::renew() { parts_->peers.renew(); }
const transport::Places& Consumer::places() const { return parts_->places; }

boost::asio::awaitable<void> Consumer::answer(channel::Exchange& exchange) {
    if (!exchange.head().target.starts_with("/r1/")) {
        auto told = co_await refuse_soap(exchange);
        if (!told) exchange.close_after();
        co_return;
    }
    Errand errand(Errand::Side::client, parts_->house.clock);
    auto place = parts_->places.take();
    if (!place) {
        const WireFault busy = message::wire_fault(place.error(), prefix);
        transport::log_refused(errand, busy);
        auto told = co_await refuse_at_once(exchange, busy);
        if (!told) exchange.close_after();
        co_return;
    }
    Result<Answer> answer = fault(FaultCode::internal_error, {});
    try {
        answer = co_await parts_->carry(exchange, errand, *place);
    } catch (const std::exception& bug) {
        answer = fault(FaultCode::internal_error, std::string("Carrying a message: ") + bug.what());
    }
    if (answer && !answer->fault) {
        auto delivered = co_await deliver(exchange, answer->response, answer->message.body.get());
        if (delivered) transport::log_accepted(errand);
        if (!delivered) transport::log_refused(errand, message::wire_fault(delivered.error(), prefix));
        co_return;
    }
    const WireFault reason = answer ? *answer->fault : message::wire_fault(answer.error(), prefix);
    transport::log_refused(errand, reason);
    const bool busy = !answer && answer.error().code == FaultCode::overloaded;
    auto telling = busy ? refuse_at_once(exchange, reason) : refuse(exchange, reason);
    auto told = co_await std::move(telling);
    if (!told) exchange.close_after();
}

}  // namespace onceway::consumer
