#include "security-server/provider/admission.hpp"

#include "security-server/access/rights.hpp"
#include "security-server/provider/catalogue.hpp"

#include <algorithm>

namespace onceway::provider {
namespace {

Fault unknown(const identity::ServiceId& id) {
    return fault(FaultCode::unknown_service, id.text() + " does not exist at this security server.");
}

/// The notice of a service that is disabled, be it empty. Server-services, item 40.
Result<void> check_enabled(const access::Service& service, const identity::ServiceId& id) {
    if (!service.disabled) return {};
    return fault(FaultCode::service_disabled, "Service " + id.text() + " is disabled: " + *service.disabled);
}

}  // namespace

Result<Admission> admit_rest(const message::RestRequest& request, const access::Client& owner,
                             const x509::Trust& trust) {
    const auto& id = request.parsed.service;
    if (answers_by_itself(request)) return Admission{};

    const auto* service = owner.service(id.code, std::nullopt);
    if (!service) return unknown(id);
    if (service->type == access::ServiceType::wsdl)
        return fault(FaultCode::service_type, id.text() + " is a SOAP service; it cannot be called as REST.");
    auto path = access::ServicePath::read(request.parsed.path);
    if (!path) return path.error();
    const auto* right = access::right_for(owner, request.client, id.code, request.verb, *path, trust);
    if (!right)
        return fault(FaultCode::access_denied, request.client.text() + " has no right for " + request.verb +
                                                   " on this path of " + id.text() + '.');
    auto enabled = check_enabled(*service, id);
    if (!enabled) return enabled.error();
    return Admission{service, right};
}

Result<Admission> admit_soap(const message::Facts& facts, const access::Client& owner, const x509::Trust& trust) {
    const auto& id = facts.service;
    if (answers_by_itself(facts)) return Admission{};

    const auto* service = owner.service(id.code, id.version);
    if (!service) return unknown(id);
    if (service->type != access::ServiceType::wsdl)
        return fault(FaultCode::service_type, id.text() + " is a REST service; it cannot be called as SOAP.");
    const auto opens = [&](const access::Right& right) {
        return right.service_code == id.code && right.method == "*" && right.path == "**" &&
               access::means(right.subject, facts.client, owner, trust);
    };
    const auto right = std::ranges::find_if(owner.rights, opens);
    if (right == owner.rights.end())
        return fault(FaultCode::access_denied,
                     facts.client.text() + " has no right on the whole service " + id.text() + '.');
    auto enabled = check_enabled(*service, id);
    if (!enabled) return enabled.error();
    return Admission{service, &*right};
}

Result<Octets> verify(const message::Facts& facts, const transport::Message& message,
                      const std::shared_ptr<const x509::Trust>& trust, Instant at, signature::VerifyMemory& seen) {
    const auto& seal = message.seal;
    signature::Question question{
        .signer = facts.client.member(), .parts = message.signed_parts(), .signature = *seal.signature};
    if (seal.chain_result) question.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) question.chain = seal.chain;
    auto verified = signature::verify(question, trust, at, seen);
    if (!verified) return verified.error().within("signature_verification");
    if (facts.id.empty() && facts.language == message::Language::rest)
        return fault(FaultCode::internal_error, "The message has no x-road-id.");
    return std::move(verified->value);
}

}  // namespace onceway::provider
