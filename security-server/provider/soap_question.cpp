#include "security-server/provider/soap_question.hpp"

#include "schemas/message/mime.hpp"
#include "schemas/message/soap.hpp"
#include "security-server/provider/catalogue.hpp"
#include "security-server/provider/soap_call.hpp"

namespace onceway::provider {
namespace {

using transport::Message;

Fault while_calling(const Fault& cause) {
    if (cause.code == FaultCode::service_missing_url || cause.code == FaultCode::service_malformed_url) return cause;
    return cause.within("service_failed");
}

/// The type of a part that is UTF-8 by now, whatever its writer chose.
std::string in_utf8(const std::string& type) {
    const auto parsed = message::MediaType::parse(type);
    if (!parsed) return type;
    const auto charset = parsed->parameter("charset");
    if (!charset || same_ignoring_case(*charset, "utf-8")) return type;
    std::string relabelled = parsed->base;
    for (const auto& [name, value] : parsed->parameters)
        relabelled += "; " + name + "=" + (name == "charset" ? "UTF-8" : '"' + value + '"');
    return relabelled;
}

/// What a service answered, as it travels: with the hash of its question, and otherwise as it was written.
Result<Answer> answer_of(SoapHeard heard, OctetsView question_sha512) {
    if (heard.soap.fault)
        return Answer{
            .message = {},
            .fault = transport::Incoming::Relayed{std::move(*heard.soap.fault), std::move(heard.message.part)}};
    auto envelope = message::with_request_hash(heard.message.part, heard.soap, question_sha512);
    if (!envelope) return envelope.error();
    Answer answer{.message = Message::soap(in_utf8(heard.message.type), std::move(*envelope))};
    answer.message.headers = std::move(heard.message.headers);
    answer.message.body = std::move(heard.message.body);
    answer.message.attachments = std::move(heard.message.attachments);
    answer.message.held = std::move(heard.message.held);
    return answer;
}

}  // namespace

Result<Admission> SoapQuestion::admit(const access::Client& owner, const x509::Trust& trust) const {
    return admit_soap(facts(), owner, trust);
}

Async<Answer> SoapQuestion::answer(const Message& message, Visit& visit) {
    visit.errand.request_out = desk_.house.clock.now();
    Async<Answer> given = visit.admission.service ? ask_service(message, visit) : describe(message, visit, desk_);
    auto answer = co_await std::move(given);
    co_return answer;
}

Async<Answer> SoapQuestion::ask_service(const Message& message, Visit& visit) {
    auto boundary = related_boundary(message, *visit.envelope.original_type);
    if (!boundary) co_return while_calling(boundary.error());
    SoapCall call(message, std::move(*boundary), visit, desk_.house);
    auto called = co_await desk_.services.call(*visit.admission.service, *visit.owner, call);
    visit.errand.response_in = desk_.house.clock.now();
    visit.errand.status = call.heard().status;
    if (!called) co_return while_calling(called.error());
    auto answer = answer_of(std::move(call.heard()), message.request_hash());
    if (!answer) co_return while_calling(answer.error());
    co_return answer;
}

}  // namespace onceway::provider
