#include "security-server/provider/rest_question.hpp"

#include "security-server/provider/catalogue.hpp"
#include "security-server/provider/rest_call.hpp"
#include "security-server/transport/evidence.hpp"

namespace onceway::provider {

using transport::Message;

Result<Admission> RestQuestion::admit(const access::Client& owner, const x509::Trust& trust) const {
    return admit_rest(request_, owner, trust);
}

// A genuine server begins its answer before it calls: whatever fails from here on is a late fault.
Async<Answer> RestQuestion::answer(const Message& message, Visit& visit) {
    visit.answering = true;
    visit.errand.request_out = desk_.house.clock.now();
    Async<Answer> given = visit.admission.service ? ask_service(message, visit) : describe_itself(message, visit);
    auto answer = co_await std::move(given);
    co_return answer;
}

Octets RestQuestion::part(const ServiceAnswer& given, const Message& message, const Visit& visit) const {
    const message::RestResponseFacts facts{.id = request_.id,
                                           .client = request_.client,
                                           .service = request_.parsed.service,
                                           .request_id = visit.envelope.request_id,
                                           .request_hash = message.request_hash()};
    return message::write_rest_response(given.status, given.reason, given.fields, facts);
}

Async<Answer> RestQuestion::ask_service(const Message& message, Visit& visit) {
    auto fields = transport::check_fields(request_.fields);
    if (!fields) co_return fields.error();
    RestCall call(request_, message.body.get(), desk_.house);
    auto called = co_await desk_.services.call(*visit.admission.service, *visit.owner, call);
    visit.errand.response_in = desk_.house.clock.now();
    if (!called) co_return called.error();
    auto& given = call.heard();
    visit.errand.status = given.status;
    co_return Answer{.message =
                         Message::of(transport::part_type::rest_response, part(given, message, visit), given.body)};
}

// What a server tells about itself names its type behind the generated headers. Rule: message-transport §5.6.
Async<Answer> RestQuestion::describe_itself(const Message& message, Visit& visit) {
    auto described = co_await describe(request_, visit, desk_);
    if (!described) co_return described.error();
    ServiceAnswer own_answer{.status = 200, .reason = "OK", .fields = {}, .body = nullptr};
    own_answer.body = std::make_shared<channel::Payload>(desk_.house.spool);
    auto kept = co_await own_answer.body->append(described->octets);
    if (!kept) co_return kept.error();
    own_answer.body->seal();
    Octets octets = part(own_answer, message, visit) + "content-type:" + described->type + "\r\n";
    co_return Answer{
        .message = Message::of(transport::part_type::rest_response, std::move(octets), std::move(own_answer.body))};
}

}  // namespace onceway::provider
