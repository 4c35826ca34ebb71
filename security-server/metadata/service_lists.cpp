#include "security-server/metadata/service_lists.hpp"

#include "schemas/xml/document.hpp"
#include "security-server/access/rights.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace onceway::metadata {
namespace {

namespace json = boost::json;

bool is_whole_service(const access::Right& right) { return right.method == "*" && right.path == "**"; }

/// The rights on one service that count.
std::vector<const access::Right*> rights_on(const std::string& code, const access::Client& owner,
                                            const Counts& counts) {
    std::vector<const access::Right*> found;
    for (const auto& right : owner.rights)
        if (right.service_code == code && (!counts || counts(right))) found.push_back(&right);
    return found;
}

json::array endpoints(const access::Client& owner, const access::Service& service, const Counts& counts) {
    const auto rights = rights_on(service.code, owner, counts);
    const bool all = !counts || std::ranges::any_of(rights, [](const auto* right) { return is_whole_service(*right); });
    json::array list;
    const auto tell = [&](const std::string& method, const std::string& path) {
        json::value endpoint = json::object{{"method", method}, {"path", path}};
        if (std::ranges::find(list, endpoint) == list.end()) list.push_back(std::move(endpoint));
    };
    for (const auto& endpoint : service.endpoints) {
        const auto opens = [&](const access::Right* right) {
            return right->method == endpoint.method && right->path == endpoint.path;
        };
        if (all || std::ranges::any_of(rights, opens)) tell(endpoint.method, endpoint.path);
    }
    // An endpoint may be declared by nothing but a right on it.
    for (const auto& right : owner.rights) {
        if (right.service_code != service.code || is_whole_service(right)) continue;
        if (all || std::ranges::find(rights, &right) != rights.end()) tell(right.method, right.path);
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

bool is_told(const access::Client& owner, const access::Service& service, const Counts& counts) {
    return !counts || !rights_on(service.code, owner, counts).empty();
}

std::string element(std::string_view name, std::string_view text) {
    std::string all = "<";
    all.append(name).append(">").append(xml::escape(text)).append("</").append(name).append(">");
    return all;
}

}  // namespace

Counts rights_of(const identity::ClientId& caller, const access::Client& owner, const x509::Trust& trust) {
    return [&](const access::Right& right) { return access::means(right.subject, caller, owner, trust); };
}

Octets rest_services(const access::Client& owner, const Counts& counts) {
    json::array list;
    for (const auto& service : owner.services)
        if (service.type != access::ServiceType::wsdl && is_told(owner, service, counts))
            list.push_back(entry(owner, service, endpoints(owner, service, counts)));
    return json::serialize(json::object{{"service", std::move(list)}});
}

std::string soap_services(const access::Client& owner, const Counts& counts) {
    std::string provider = element("id:xRoadInstance", owner.id.instance) +
                           element("id:memberClass", owner.id.member_class) +
                           element("id:memberCode", owner.id.member_code);
    if (owner.id.subsystem) provider += element("id:subsystemCode", *owner.id.subsystem);
    std::string list;
    for (const auto& service : owner.services) {
        if (service.type != access::ServiceType::wsdl || !is_told(owner, service, counts)) continue;
        list += R"(<xrd:service id:objectType="SERVICE">)" + provider + element("id:serviceCode", service.code);
        if (service.version) list += element("id:serviceVersion", *service.version);
        list += "</xrd:service>";
    }
    return list;
}

}  // namespace onceway::metadata
