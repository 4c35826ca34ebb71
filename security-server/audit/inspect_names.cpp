// identifier and service-path: who and what is meant, in the forms in which it travels.
#include "schemas/identity/identifiers.hpp"
#include "schemas/registry/reading.hpp"
#include "schemas/xml/document.hpp"
#include "security-server/access/rights.hpp"
#include "security-server/audit/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace onceway::audit {
namespace {

namespace json = boost::json;

json::string shown(std::string_view text) { return json::string(json_text(text)); }

json::array components_of(const identity::ClientId& client) {
    json::array components{json_text(client.instance), json_text(client.member_class), json_text(client.member_code)};
    if (client.subsystem) components.push_back(shown(*client.subsystem));
    return components;
}

json::array components_of(const identity::ServiceId& service) {
    json::array components = components_of(service.provider);
    components.push_back(shown(service.code));
    if (service.version) components.push_back(shown(*service.version));
    return components;
}

json::array components_of(const identity::ServerId& server) {
    json::array components = components_of(identity::ClientId::of(server.owner));
    components.push_back(shown(server.code));
    return components;
}

template <class Id>
Result<json::array> components_or_fault(const Result<Id>& id) {
    if (!id) return id.error();
    return components_of(*id);
}

Result<json::array> read_header(OctetsView data, std::string_view of) {
    if (of == "client") return components_or_fault(identity::ClientId::from_header(data));
    if (of == "server") return components_or_fault(identity::ServerId::from_header(data));
    return components_or_fault(identity::ServiceId::from_header(data));
}

/// In a URL a service stands behind `/r1/`; a client or a server is written as in a header.
Result<json::array> read_url(OctetsView data, std::string_view of) {
    if (of != "service" || !data.starts_with('/')) return read_header(data, of);
    auto target = identity::RestTarget::parse(data);
    if (!target) return target.error();
    return components_of(target->service);
}

/// What an identifier element of a message holds: its types, and its components in their order.
struct ElementRule {
    std::vector<std::string_view> types, required, optional;
};
ElementRule rule_for(std::string_view of) {
    if (of == "server") return {{"SERVER"}, {"xRoadInstance", "memberClass", "memberCode", "serverCode"}, {}};
    if (of == "client")
        return {{"MEMBER", "SUBSYSTEM"}, {"xRoadInstance", "memberClass", "memberCode"}, {"subsystemCode"}};
    return {{"SERVICE"},
            {"xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode"},
            {"serviceVersion"}};
}

Result<void> take_component(xml::Element element, std::string_view name, bool required, json::array& into) {
    const auto found = element.children(registry::identifiers_space, name);
    if (found.size() > 1) return fault(FaultCode::duplicate_header_field, fmt::format("{} stands there twice", name));
    if (found.empty() && required) return fault(FaultCode::invalid_xml, fmt::format("{} is missing", name));
    if (found.empty()) return {};
    auto text = found.front().text();
    if (!text) return text.error();
    if (auto good = identity::check_component(*text); !good) return good;
    into.push_back(shown(*text));
    return {};
}

/// Rule: message-transport §1.5: the order does not count, unknown children are ignored, none stands there twice.
Result<json::array> read_xml(OctetsView data, std::string_view of) {
    auto document = xml::Document::parse(data);
    if (!document) return document.error();
    const ElementRule rule = rule_for(of);
    const auto type = document->root().attribute(registry::identifiers_space, "objectType").value_or("");
    if (std::find(rule.types.begin(), rule.types.end(), type) == rule.types.end())
        return fault(FaultCode::invalid_xml,
                     fmt::format("objectType is '{}', not {}", type.substr(0, 100), fmt::join(rule.types, " or ")));
    json::array components;
    for (const auto name : rule.required)
        if (auto good = take_component(document->root(), name, true, components); !good) return good.error();
    for (const auto name : rule.optional)
        if (auto good = take_component(document->root(), name, false, components); !good) return good.error();
    return components;
}

}  // namespace

Result<json::value> inspect_identifier(OctetsView data, With& with) {
    const std::string form = with.choice("form", {"header", "url", "xml"});
    const std::string of = with.choice("of", {"client", "service", "server"});
    if (with.trouble()) return json::value();
    auto components = form == "xml" ? read_xml(data, of) : form == "url" ? read_url(data, of) : read_header(data, of);
    if (!components) return components.error();
    return json::value{{"components", std::move(*components)}};
}

Result<json::value> inspect_service_path(OctetsView data, With& with) {
    const std::string method = with.text("method", "GET");
    const std::string pattern = with.text("pattern", "**");
    const std::string method_pattern = with.text("method_pattern", "*");
    if (with.trouble()) return json::value();
    auto path = access::ServicePath::read(data);
    if (!path) return path.error();
    const bool matches =
        access::path_matches(pattern, path->decoded()) && access::method_matches(method_pattern, method);
    return json::value{{"matches", matches}, {"forwarded", json_text(path->raw())}};
}

}  // namespace onceway::audit
