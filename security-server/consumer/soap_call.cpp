#include "security-server/consumer/soap_call.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/consumer/delivery.hpp"

#include <chrono>

namespace onceway::consumer {
namespace {

constexpr std::chrono::seconds soap_part_within{30};

/// What is wrong with the question itself; that there is no room for it is not. A deadline that passed is an input that
/// ended.
Fault of_request(Fault cause) {
    if (cause.code == FaultCode::overloaded) return cause;
    if (cause.code == FaultCode::timed_out) cause.code = FaultCode::io_error;
    return cause.within("client");
}

/// The same of what comes behind the question: a disk of ours that is full, or octets that stay away, are nothing that
/// was written wrongly.
Fault of_attachments(Fault cause) {
    if (cause.code == FaultCode::timed_out) cause.code = FaultCode::io_error;
    return cause.code == FaultCode::io_error ? cause : of_request(std::move(cause));
}

/// The body of a request, which must come to an end in time.
class PromptSource : public transport::Source {
public:
    explicit PromptSource(channel::Exchange& exchange) : exchange_(exchange) {}
    Async<OctetsView> next() override {
        if (std::chrono::steady_clock::now() > until_)
            co_return fault(FaultCode::timed_out, "Reading the SOAP message: it was not here within 30 seconds.");
        auto octets = co_await exchange_.read_body();
        co_return octets;
    }

private:
    channel::Exchange& exchange_;
    const std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + soap_part_within;
};

/// A question of which as much is here as is needed to see who asks.
struct Begun {
    transport::Message question;
    std::optional<transport::Related> attachments;  // still to come
};

Async<Begun> read_envelope(channel::Exchange& exchange, std::string type, const House& house) {
    PromptSource source(exchange);
    Octets envelope;
    transport::CountedEnvelope counted(house.body_memory);
    for (;;) {
        auto octets = co_await source.next();
        if (!octets) co_return octets.error();
        if (octets->empty()) break;
        if (octets->size() > limits::message_part_octets - envelope.size())
            co_return fault(FaultCode::too_large, "Reading the SOAP message: it is larger than " +
                                                      std::to_string(limits::message_part_octets) + " octets.");
        envelope += *octets;
        auto fits = counted.grows_to(envelope.size());
        if (!fits) co_return fits.error();
    }
    Begun begun{transport::Message::soap(std::move(type), std::move(envelope)), std::nullopt};
    begun.question.held = counted.held();
    co_return begun;
}

Async<Begun> read_related(channel::Exchange& exchange, std::string boundary, const House& house) {
    PromptSource source(exchange);
    transport::Related related(std::move(boundary), house.spool, house.body_memory);
    auto read = co_await related.read_soap_part(source);
    if (!read) co_return read.error();
    Begun begun;
    begun.attachments.emplace(std::move(related));
    co_return begun;
}

Async<Begun> begin(channel::Exchange& exchange, const House& house) {
    const auto& head = exchange.head();
    if (head.method != "POST")
        co_return fault(FaultCode::invalid_http_method,
                        "Outside /r1/ a request is a SOAP message, and those come with POST, not " + head.method +
                            ". REST calls begin with /r1/.");
    const auto type = last_field(head.fields, "Content-Type");
    if (!type)
        co_return fault(FaultCode::internal_error,
                        "The request has no Content-Type; a SOAP message is text/xml or multipart/related.");
    auto charset = message::check_charset(*type);
    if (!charset) co_return charset.error();
    auto action = message::check_soap_action(last_field(head.fields, "SOAPAction").value_or(""));
    if (transport::is_soap_type(*type)) {
        if (!action) co_return action.error();
        auto begun = co_await read_envelope(exchange, std::string(*type), house);
        co_return begun;
    }
    if (!transport::is_related(*type))
        co_return fault(
            FaultCode::invalid_content_type,
            "'" + std::string(type->substr(0, 80)) +
                "' is no content type of a SOAP message: text/xml, application/xop+xml, multipart/related.");
    if (!action) co_return action.error();
    auto boundary = message::boundary_of(*type);
    if (!boundary) co_return fault(FaultCode::mime_parsing_failed, boundary.error().detail);
    auto begun = co_await read_related(exchange, std::move(*boundary), house);
    co_return begun;
}

/// The fault that came in place of a question, on its way back. Rule: message-transport §2.6.3, §11, 6.
WireFault returned(WireFault fault) {
    fault.code = "client." + to_lower(fault.code);
    return fault;
}

}  // namespace

Async<std::unique_ptr<SoapCall>> read_soap_call(channel::Exchange& exchange, const House& house) {
    auto begun = co_await begin(exchange, house);
    if (!begun) co_return of_request(begun.error());
    const auto& envelope = begun->attachments ? begun->attachments->received() : begun->question;
    auto asked = message::read_soap(envelope.part, envelope.type);
    if (!asked) co_return of_request(asked.error());
    auto sent_back = std::move(asked->fault);
    auto call =
        std::make_unique<SoapCall>(std::move(*asked), std::move(begun->question), std::move(begun->attachments));
    if (sent_back) call->sent_back = returned(std::move(*sent_back));
    const auto& fields = exchange.head().fields;
    call->original_content_type = last_field(fields, "Content-Type").value_or("");
    call->soap_action = last_field(fields, "SOAPAction").value_or("");
    co_return call;
}

SoapCall::SoapCall(message::SoapMessage asked, transport::Message question,
                   std::optional<transport::Related> attachments)
    : Call(asked.facts(), random_uuid()),
      asked_(std::move(asked)),
      question_(std::move(question)),
      attachments_(std::move(attachments)) {}

Async<transport::Message> SoapCall::take_message(channel::Exchange& exchange, const House&) {
    if (attachments_) {
        transport::RequestSource source(exchange);
        auto read = co_await attachments_->read_rest(source);
        if (!read) co_return of_attachments(read.error());
        question_ = attachments_->take_received();
        attachments_.reset();
    }
    co_return std::move(question_);
}

void SoapCall::append_fields(std::string& head) const {
    message::append_field(head, "x-original-soapaction", soap_action);
}

Result<void> SoapCall::check(const Answer& answer, OctetsView request_hash) const {
    auto same = message::check_same_exchange(asked_.header, answer.soap->header);
    if (!same) return same.error().within("service_failed");
    auto hashed = message::check_request_hash(answer.soap->header, request_hash);
    if (!hashed) return hashed.error();
    return check_deliverable(answer);
}

Async<void> SoapCall::deliver(channel::Exchange& exchange, const Answer& answer) const {
    return deliver_soap(exchange, answer);
}

}  // namespace onceway::consumer
