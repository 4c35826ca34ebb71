#include "security-server/provider/catalogue.hpp"

#include "security-server/access/rights.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace onceway::provider {
namespace {

namespace json = boost::json;

bool is_whole_service(const access::Right& right) { return right.method == "*" && right.path == "**"; }

/// Endpoints are known from the rights that name them; the one that means the whole service is not listed.
json::array endpoints(const access::Client& owner, const std::string& code, const auto& wanted) {
    json::array list;
    for (const auto& right : owner.rights) {
        if (right.service_code != code || is_whole_service(right) || !wanted(right)) continue;
        json::object endpoint{{"method", right.method}, {"path", right.path}};
        if (std::ranges::find(list, json::value(endpoint)) == list.end()) list.push_back(std::move(endpoint));
    }
    return list;
}

json::object entry(const access::Client& owner, const access::Service& service, json::array endpoint_list) {
    json::object entry{{"object_type", "SERVICE"},
                       {"xroad_instance", owner.id.instance},
                       {"member_class", owner.id.member_class},
                       {"member_code", owner.id.member_code}};
    if (owner.id.subsystem) entry["subsystem_code"] = *owner.id.subsystem;
    entry["service_code"] = service.code;
    entry["service_type"] = service.type == access::ServiceType::openapi ? "OPENAPI" : "REST";
    entry["endpoint_list"] = std::move(endpoint_list);
    return entry;
}

json::array all_services(const access::Client& owner) {
    json::array list;
    const auto every = [](const access::Right&) { return true; };
    for (const auto& service : owner.services)
        if (service.type != access::ServiceType::wsdl)
            list.push_back(entry(owner, service, endpoints(owner, service.code, every)));
    return list;
}

/// A right on the whole service opens every endpoint; otherwise those count that a right of the caller names.
json::array allowed_services(const access::Client& owner, const identity::ClientId& caller, const x509::Trust& trust) {
    json::array list;
    for (const auto& service : owner.services) {
        if (service.type == access::ServiceType::wsdl) continue;
        const auto callers = [&](const access::Right& right) {
            return right.service_code == service.code && access::means(right.subject, caller, owner, trust);
        };
        if (std::ranges::none_of(owner.rights, callers)) continue;
        const bool whole = std::ranges::any_of(
            owner.rights, [&](const access::Right& right) { return is_whole_service(right) && callers(right); });
        const auto open = [&](const access::Right& right) { return whole || callers(right); };
        list.push_back(entry(owner, service, endpoints(owner, service.code, open)));
    }
    return list;
}

}  // namespace

bool answers_by_itself(const message::RestRequest& request) {
    const auto& code = request.parsed.service.code;
    return request.verb == "GET" && (code == "listMethods" || code == "allowedMethods" || code == "getOpenAPI");
}

Result<Octets> describe(const message::RestRequest& request, const access::Client& owner, const x509::Trust& trust) {
    const auto& code = request.parsed.service.code;
    if (code == "getOpenAPI")
        return fault(FaultCode::invalid_request,
                     "getOpenAPI is not served by this release; ask the provider for its description.");
    json::object document;
    document["service"] = code == "listMethods" ? all_services(owner) : allowed_services(owner, request.client, trust);
    return Octets(json::serialize(document));
}

}  // namespace onceway::provider
