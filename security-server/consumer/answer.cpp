#include "security-server/consumer/answer.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/access/state.hpp"
#include "security-server/transport/incoming.hpp"

#include <algorithm>
#include <chrono>

namespace onceway::consumer {
namespace {

// A provider's information system may think for as long as its own server lets it, before its answer and in the middle:
// genuine servers pass on what they have. While it thinks, nothing arrives. A peer that is gone is noticed long before,
// by the keep-alive of TCP.
constexpr std::chrono::milliseconds octets_within = access::longest_service_timeout + std::chrono::minutes(1);

Fault service_failed(const Fault& cause) { return cause.within("service_failed"); }

/// A deadline that passed is an input that ended: the wire has no other word for it.
Fault reading(Fault cause) {
    if (cause.code == FaultCode::timed_out) cause.code = FaultCode::io_error;
    return service_failed(cause);
}

Async<Octets> read_small(transport::Source& source) {
    Octets whole;
    for (;;) {
        auto octets = co_await source.next();
        if (!octets) co_return reading(octets.error());
        if (octets->empty()) co_return whole;
        if (octets->size() > limits::canonical_document_octets - whole.size())
            co_return service_failed(
                fault(FaultCode::too_large, "Reading a fault document: it is larger than 256 KiB."));
        whole += *octets;
    }
}

Async<Answer> receive_fault(transport::Source& source) {
    auto document = co_await read_small(source);
    if (!document) co_return document.error();
    auto read = message::read_soap_fault(*document);
    if (!read) co_return service_failed(read.error());
    if (!*read)
        co_return service_failed(fault(FaultCode::invalid_message,
                                       "The provider's security server answered with XML that is no fault document."));
    Answer answer;
    answer.fault = std::move(**read);
    answer.fault_document = std::move(*document);
    co_return answer;
}

// Only this spelling counts: genuine servers look the name up as it is written. Rule: message-transport §8, trap 1.
Result<void> check_hash_algorithm(const message::Fields& fields) {
    const auto named = std::ranges::find(fields, "x-hash-algorithm", &message::Fields::value_type::first);
    if (named == fields.end())
        return fault(FaultCode::internal_error,
                     "The provider's answer has no x-hash-algorithm header, spelled in lower case.");
    if (named->second != transport::hash_algorithm)
        return fault(FaultCode::internal_error,
                     "The provider's answer was digested with '" + named->second + "', not SHA-512.");
    return {};
}

Result<void> check_language(const transport::Incoming& incoming, message::Language language) {
    if (language == message::Language::rest && !incoming.response())
        return fault(FaultCode::missing_rest, "The provider's answer holds no REST message part.");
    if (language == message::Language::soap && !incoming.soap())
        return fault(FaultCode::missing_soap, "The provider's answer holds no SOAP part.");
    return {};
}

Async<Answer> receive_message(transport::Source& source, transport::Incoming incoming, message::Language language) {
    auto read = co_await incoming.read_rest(source);
    if (!read) co_return reading(read.error());
    Answer answer;
    if (incoming.relayed()) {
        answer.fault = incoming.relayed()->fault;
        answer.fault_document = incoming.relayed()->document;
        co_return answer;
    }
    auto asked_for = check_language(incoming, language);
    if (!asked_for) co_return asked_for.error();
    if (!incoming.received().seal.signature)
        co_return fault(FaultCode::missing_signature, "The provider's answer holds no signature.");
    if (language == message::Language::soap)
        answer.soap = incoming.take_soap();
    else
        answer.response = incoming.take_response();
    answer.message = incoming.take_received();
    co_return answer;
}

/// Only this spelling counts, as with every header of an answer.
std::optional<std::string> original_content_type(const message::Fields& fields) {
    const auto named = std::ranges::find(fields, "x-original-content-type", &message::Fields::value_type::first);
    if (named == fields.end()) return std::nullopt;
    return named->second;
}

}  // namespace

Async<Answer> receive_answer(channel::Connection& connection, message::Language language, std::filesystem::path spool,
                             std::shared_ptr<transport::BodyMemory> memory) {
    const message::HeadRules rules;
    auto head = co_await connection.read_head(rules, octets_within);
    if (!head) {
        Fault cause = head.error();
        if (cause.code == FaultCode::timed_out) cause.code = FaultCode::io_error;
        co_return cause;
    }
    if (head->status != 200 && head->status != 500)
        co_return fault(FaultCode::http_error, "The provider's security server answered with HTTP status " +
                                                   std::to_string(head->status) +
                                                   "; 200 and 500 are the two it may use.");
    const auto type = message::field(head->fields, "Content-Type");
    if (!type) co_return fault(FaultCode::invalid_content_type, "The provider's answer has no content type.");

    transport::AnswerSource source(connection, octets_within, octets_within);
    const auto media = message::MediaType::parse(*type);
    if (media && media->base == "text/xml") {
        auto refused = co_await receive_fault(source);
        co_return refused;
    }
    auto boundary = transport::message_boundary(*type);
    if (!boundary) co_return service_failed(boundary.error());
    auto hashed = check_hash_algorithm(head->fields);
    if (!hashed) co_return hashed.error();
    transport::Incoming incoming(transport::Incoming::Expect::response, std::move(*boundary), std::move(spool),
                                 std::move(memory));
    auto answer = co_await receive_message(source, std::move(incoming), language);
    if (answer) answer->original_content_type = original_content_type(head->fields);
    co_return answer;
}

Result<void> check_belongs(const message::RestResponse& response, const message::RestRequest& request,
                           std::string_view request_id, OctetsView request_hash) {
    const auto differs = [](std::string_view what) {
        return fault(FaultCode::inconsistent_response,
                     "The provider's answer does not belong to the question: its " + std::string(what) + " differs.");
    };
    if (response.client != request.client) return differs("x-road-client");
    if (response.id != request.id) return differs("x-road-id");
    if (response.service != request.parsed.service) return differs("x-road-service");
    if (response.request_id != request_id) return differs("x-road-request-id");
    if (response.request_hash != request_hash) return differs("x-road-request-hash");
    return {};
}

}  // namespace onceway::consumer
