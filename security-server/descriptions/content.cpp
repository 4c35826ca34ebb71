#include "security-server/descriptions/content.hpp"

#include "certs/channel/url.hpp"
#include "schemas/description/openapi.hpp"
#include "schemas/description/shown.hpp"
#include "schemas/description/wsdl.hpp"

#include <fmt/format.h>

namespace onceway::descriptions {
namespace {

Fault in_document(const Wanted& wanted, const Fault& cause) {
    Fault seen = cause;
    seen.detail = fmt::format("Reading the description {}: {}", wanted.url, cause.detail);
    return seen;
}

Fault wrong(const Wanted& wanted, std::string why) {
    return in_document(wanted, fault(FaultCode::invalid_argument, std::move(why)));
}

bool is_http(std::string_view url) { return url.starts_with("http://") || url.starts_with("https://"); }

Result<access::Service> service_of(const Wanted& wanted, const description::WsdlService& found) {
    access::Service service;
    service.code = found.code;
    service.version = found.version;
    service.type = access::ServiceType::wsdl;
    service.title = description::shown(found.title);
    service.description = wanted.url;
    // What is quoted is shown on a terminal, and comes from outside.
    const auto code = description::shown(found.code);
    if (const auto fits = identity::check_component(found.code); !fits)
        return wrong(wanted, fmt::format("the operation '{}' cannot be a service: {}", code,
                                         description::shown(fits.error().detail)));
    if (const auto fits = found.version ? identity::check_component(*found.version) : Result<void>{}; !fits)
        return wrong(wanted,
                     fmt::format("the version '{}' of the operation '{}' cannot be one: {}",
                                 description::shown(*found.version), code, description::shown(fits.error().detail)));
    if (!found.url.empty() && !is_http(found.url))
        return wrong(wanted, fmt::format("the address '{}' of the service {} is neither http:// nor https://",
                                         description::shown(found.url), code));
    if (const auto url = channel::Url::parse(found.url); !found.url.empty() && !url)
        return wrong(wanted, fmt::format("the service {} has no usable address: {}", code,
                                         description::shown(url.error().detail)));
    service.url = found.url;
    return service;
}

Result<Content> of_wsdl(const Wanted& wanted, const Document& document, const Validator& validator) {
    const auto found = description::read_wsdl(document.octets);
    if (!found) return in_document(wanted, found.error());
    if (found->empty())
        return wrong(wanted, "it declares no operation over SOAP and HTTP that a port of a service offers.");
    Content content{document.sha256(), {}, {}};
    for (const auto& one : *found) {
        auto service = service_of(wanted, one);
        if (!service) return service.error();
        content.services.push_back(std::move(*service));
    }
    auto said = validate(validator, document.octets);
    if (!said) return in_document(wanted, said.error());
    if (!said->empty()) content.warnings.push_back({"wsdl_validation_warnings", std::move(*said)});
    return content;
}

Result<Content> of_openapi(const Wanted& wanted, const Document& document) {
    const auto format = description::format_of(document.content_type, wanted.url);
    auto found = description::read_openapi(document.octets, format);
    if (!found) return in_document(wanted, found.error());
    access::Service service;
    service.code = wanted.code;
    service.type = access::ServiceType::openapi;
    service.title = found->title;
    service.description = wanted.url;
    for (auto& endpoint : found->endpoints)
        service.endpoints.push_back({std::move(endpoint.method), std::move(endpoint.path), true});
    auto url = description::resolve_server_url(wanted.url, found->url);
    if (url && url->find('{') == std::string::npos && channel::Url::parse(*url))
        service.url = std::move(*url);
    else
        found->warnings.push_back(
            fmt::format("The address of the service, '{}', must be completed: until then it cannot be called.",
                        description::shown(url ? *url : found->url)));
    Content content{document.sha256(), {std::move(service)}, {}};
    if (!found->warnings.empty())
        content.warnings.push_back({"openapi_validation_warnings", std::move(found->warnings)});
    return content;
}

}  // namespace

Result<Content> read_content(const Wanted& wanted, const Document& document, const Validator& validator) {
    if (wanted.type == access::ServiceType::wsdl) return of_wsdl(wanted, document, validator);
    return of_openapi(wanted, document);
}

}  // namespace onceway::descriptions
