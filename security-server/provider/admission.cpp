#include "security-server/provider/admission.hpp"

#include "security-server/access/rights.hpp"
#include "security-server/provider/catalogue.hpp"

namespace onceway::provider {

Result<Admission> admit(const message::RestRequest& request, const access::Client& owner, const x509::Trust& trust) {
    const auto& id = request.parsed.service;
    if (answers_by_itself(request)) return Admission{};

    const auto* service = owner.service(id.code);
    if (!service) return fault(FaultCode::unknown_service, id.text() + " does not exist at this security server.");
    if (service->type == access::ServiceType::wsdl)
        return fault(FaultCode::service_type, id.text() + " is a SOAP service; it cannot be called as REST.");
    auto path = access::ServicePath::read(request.parsed.path);
    if (!path) return path.error();
    const auto* right = access::right_for(owner, request.client, id.code, request.verb, *path, trust);
    if (!right)
        return fault(FaultCode::access_denied, request.client.text() + " has no right for " + request.verb +
                                                   " on this path of " + id.text() + '.');
    if (service->disabled) return fault(FaultCode::service_disabled, id.text() + " is disabled. " + *service->disabled);
    return Admission{service, right};
}

Result<void> verify(const message::RestRequest& request, const transport::Message& message,
                    const std::shared_ptr<const x509::Trust>& trust, Instant at, signature::VerifyMemory& seen) {
    const auto& seal = message.seal;
    signature::Question question{
        .signer = request.client.member(), .parts = message.signed_parts(), .signature = *seal.signature};
    if (seal.chain_result) question.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) question.chain = seal.chain;
    auto verified = signature::verify(question, trust, at, seen);
    if (!verified) return verified.error().within("signature_verification");
    if (request.id.empty()) return fault(FaultCode::internal_error, "The message has no x-road-id.");
    return {};
}

}  // namespace onceway::provider
