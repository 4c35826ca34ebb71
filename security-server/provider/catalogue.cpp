#include "security-server/provider/catalogue.hpp"

#include "schemas/description/openapi.hpp"
#include "schemas/description/wsdl.hpp"
#include "schemas/message/soap.hpp"
#include "schemas/xml/document.hpp"
#include "security-server/metadata/form.hpp"
#include "security-server/metadata/service_lists.hpp"
#include "security-server/transport/places.hpp"

namespace onceway::provider {
namespace {

using access::ServiceType;
using transport::Message;

/// Which rights count in a list: all for `listMethods`, else those of the caller.
metadata::Counts counts_for(const Visit& visit) {
    if (visit.facts.service.code == "listMethods") return {};
    return metadata::rights_of(visit.facts.client, *visit.owner, *visit.snapshot->trust);
}

Fault not_described(const std::string& code, const Fault& cause) {
    return fault(FaultCode::internal_error, "The description of '" + code + "' cannot be told: " + cause.detail);
}

}  // namespace

bool answers_by_itself(const message::RestRequest& request) {
    const auto& code = request.parsed.service.code;
    return request.verb == "GET" && (code == "listMethods" || code == "allowedMethods" || code == "getOpenAPI");
}

bool answers_by_itself(const message::Facts& soap) {
    const auto& code = soap.service.code;
    return code == "listMethods" || code == "allowedMethods" || code == "getWsdl";
}

namespace {

/// The service whose description is asked for. Faults: see describe.
Result<const access::Service*> openapi_service(const message::RestRequest& request, const access::Client& owner) {
    const auto query = metadata::Query::of(request.target);
    const std::string code(query.value_of_any_case("serviceCode").value_or(""));
    if (code.empty()) return fault(FaultCode::invalid_request, "getOpenAPI needs the query parameter serviceCode.");
    const auto* service = owner.service(code);
    if (!service) return fault(FaultCode::internal_error, "Service not found: '" + code + "'.");
    if (service->type != ServiceType::openapi)
        return fault(FaultCode::internal_error, "Invalid service type: '" + code + "' has no OpenAPI description.");
    return service;
}

Async<Described> openapi_of(const access::Service& service, const access::Client& owner, const Desk& desk) {
    auto fetched = co_await desk.services.description(service, owner);
    if (!fetched) co_return fetched.error();
    const auto format = description::format_of(fetched->type, service.description);
    auto masked = description::mask_openapi_servers(fetched->octets, format);
    if (!masked) co_return not_described(service.code, masked.error());
    Described described{.type = fetched->type.empty() ? "text/plain" : message::from_latin1(fetched->type),
                        .octets = std::move(*masked)};
    co_return described;
}

}  // namespace

Async<Described> describe(const message::RestRequest& request, const Visit& visit, const Desk& desk) {
    if (request.parsed.service.code != "getOpenAPI") {
        Described list{.type = "application/json", .octets = metadata::rest_services(*visit.owner, counts_for(visit))};
        co_return list;
    }
    auto service = openapi_service(request, *visit.owner);
    if (!service) co_return service.error();
    auto described = co_await openapi_of(**service, *visit.owner, desk);
    co_return described;
}

namespace {

constexpr std::string_view soap_type = "text/xml; charset=UTF-8";

/// `<xrd:codeResponse>` around `content`.
std::string response_body(const std::string& code, const std::string& content) {
    const std::string name = "xrd:" + code + "Response";
    return "<" + name + R"( xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">)" +
           content + "</" + name + ">";
}

/// The question turned into its answer, with `body` in place of its own.
Result<Answer> soap_answer(const Message& question, const std::string& body) {
    auto envelope = message::write_soap_answer(question.part, body);
    if (!envelope) return envelope.error();
    auto hashed = message::with_request_hash(*envelope, question.request_hash());
    if (!hashed) return hashed.error();
    return Answer{.message = Message::soap(std::string(soap_type), std::move(*hashed))};
}

struct WsdlQuestion {
    std::string code;
    std::optional<std::string> version;
    const access::Service* service;
};
Result<WsdlQuestion> wsdl_question(const Message& question, const identity::ServiceId& asked,
                                   const access::Client& owner) {
    auto code = message::body_parameter(question.part, "serviceCode");
    if (!code) return code.error();
    if (!*code || (*code)->find_first_not_of(" \t\r\n") == std::string::npos)
        return fault(FaultCode::invalid_request, "Missing serviceCode in message body");
    auto version = message::body_parameter(question.part, "serviceVersion");
    if (!version) return version.error();
    const identity::ServiceId id{asked.provider, **code, *version};
    const auto* service = owner.service(id.code, id.version);
    if (!service) return fault(FaultCode::unknown_service, id.text() + " does not exist at this security server.");
    if (service->type != ServiceType::wsdl)
        return fault(FaultCode::service_type, id.text() + " is a REST service; it has no WSDL.");
    return WsdlQuestion{id.code, id.version, service};
}

/// The WSDL as the one attachment of `answer`.
Async<void> attach(Answer& answer, OctetsView wsdl, const House& house) {
    auto body = transport::CountedBody::make(house.spool, house.body_memory);
    auto kept = co_await body->append(wsdl);
    if (!kept) co_return kept.error();
    body->end_part();
    body->seal();
    answer.message.body = transport::CountedBody::payload(body);
    transport::AttachmentHead head{.type = "text/xml", .headers = {}};
    head.headers.emplace_back("Content-Transfer-Encoding", "binary");
    head.headers.emplace_back("Content-ID", "<wsdl=" + random_uuid() + "@x-road.eu>");
    answer.message.attachments.push_back(std::move(head));
    co_return Result<void>{};
}

Async<Answer> answer_with_wsdl(const Message& question, Visit& visit, const Desk& desk) {
    auto wanted = wsdl_question(question, visit.facts.service, *visit.owner);
    if (!wanted) co_return wanted.error();
    auto fetched = co_await desk.services.description(*wanted->service, *visit.owner);
    if (!fetched) co_return fetched.error();
    auto wsdl = description::mask_wsdl_addresses(fetched->octets);
    if (!wsdl) co_return not_described(wanted->code, wsdl.error());
    std::string named = "<xrd:serviceCode>" + xml::escape(wanted->code) + "</xrd:serviceCode>";
    if (wanted->version) named += "<xrd:serviceVersion>" + xml::escape(*wanted->version) + "</xrd:serviceVersion>";
    auto answer = soap_answer(question, response_body("getWsdl", named));
    if (!answer) co_return answer.error();
    auto attached = co_await attach(*answer, *wsdl, desk.house);
    if (!attached) co_return attached.error();
    visit.fields.front().second =
        R"(multipart/related; type="text/xml"; charset=UTF-8; boundary=)" + random_letters(30);
    co_return answer;
}

}  // namespace

Async<Answer> describe(const Message& question, Visit& visit, const Desk& desk) {
    visit.fields = {{"x-original-content-type", std::string(soap_type)}};
    const auto& code = visit.facts.service.code;
    if (code != "getWsdl") {
        auto list =
            soap_answer(question, response_body(code, metadata::soap_services(*visit.owner, counts_for(visit))));
        co_return list;
    }
    auto answer = co_await answer_with_wsdl(question, visit, desk);
    co_return answer;
}

}  // namespace onceway::provider
