#include "security-server/metadata/list_clients.hpp"

#include "schemas/message/fault_document.hpp"
#include "schemas/xml/document.hpp"
#include "security-server/metadata/form.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace onceway::metadata {
namespace {

namespace json = boost::json;
using registry::Member;
using registry::Subsystem;

/// Calls `tell` for each client: a member alone, then with each of its subsystems.
void for_each_client(const registry::SharedParameters& shared, const auto& tell) {
    for (const auto& member : shared.members) {
        tell(member, nullptr);
        for (const auto& subsystem : member.subsystems) tell(member, &subsystem);
    }
}

void element(Octets& xml, std::string_view name, std::string_view text) {
    xml.append("<").append(name).append(">").append(xml::escape(text)).append("</").append(name).append(">");
}

bool wants_json(const message::Fields& fields) {
    for (const auto& [name, value] : fields) {
        if (!same_ignoring_case(name, "Accept")) continue;
        for (std::string_view rest = value; !rest.empty();) {
            auto one = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), one.size() + 1));
            one = one.substr(0, one.find(';'));
            while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
            while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
            if (same_ignoring_case(one, "application/json")) return true;
        }
    }
    return false;
}

/// The parameters of the instance that `target` names, or of our own.
Result<const registry::SharedParameters*> asked_for(std::string_view target, const registry_view::Snapshot* snapshot) {
    if (!snapshot) return fault(FaultCode::internal_error, "No global configuration has been downloaded yet.");
    const auto query = Query::of(target);
    std::string instance(query.value("xRoadInstance").value_or(""));
    if (instance.find_first_not_of(" \t") == std::string::npos) instance = snapshot->trust->own_instance();
    const auto& known = snapshot->trust->instances();
    const auto found = std::ranges::find(known, instance, &registry::SharedParameters::instance);
    if (found == known.end())
        return fault(FaultCode::internal_error,
                     "There are no shared parameters of the instance '" + instance.substr(0, 100) + "' here.");
    return &*found;
}

}  // namespace

Octets clients_as_xml(const registry::SharedParameters& shared) {
    Octets xml = R"(<?xml version="1.0" encoding="UTF-8"?><xrd:clientList xmlns:xrd="http://x-road.eu/xsd/xroad.xsd")"
                 R"( xmlns:id="http://x-road.eu/xsd/identifiers">)";
    for_each_client(shared, [&](const Member& member, const Subsystem* subsystem) {
        xml += R"(<xrd:member><xrd:id id:objectType=")";
        xml += subsystem ? R"(SUBSYSTEM">)" : R"(MEMBER">)";
        element(xml, "id:xRoadInstance", member.id.instance);
        element(xml, "id:memberClass", member.id.member_class);
        element(xml, "id:memberCode", member.id.member_code);
        if (subsystem) element(xml, "id:subsystemCode", subsystem->code);
        xml += "</xrd:id>";
        element(xml, "xrd:name", member.name);
        if (subsystem && subsystem->name) element(xml, "xrd:subsystemName", *subsystem->name);
        xml += "</xrd:member>";
    });
    return xml + "</xrd:clientList>";
}

Octets clients_as_json(const registry::SharedParameters& shared) {
    json::array list;
    for_each_client(shared, [&](const Member& member, const Subsystem* subsystem) {
        json::object id{{"object_type", subsystem ? "SUBSYSTEM" : "MEMBER"},
                        {"xroad_instance", member.id.instance},
                        {"member_class", member.id.member_class},
                        {"member_code", member.id.member_code}};
        if (subsystem) id["subsystem_code"] = subsystem->code;
        json::object client{{"id", std::move(id)}, {"name", member.name}};
        if (subsystem && subsystem->name) client["subsystem_name"] = *subsystem->name;
        list.push_back(std::move(client));
    });
    return json::serialize(json::object{{"member", std::move(list)}});
}

boost::asio::awaitable<void> answer_list_clients(channel::Exchange& exchange, const registry_view::View& view) {
    const auto snapshot = view.current();
    const auto shared = asked_for(exchange.head().target, snapshot.get());
    message::Fields fields;
    Octets body;
    if (!shared) {
        fields = {{"Content-Type", "text/xml;charset=utf-8"}, {"SOAPAction", ""}};
        body = message::write_soap_fault(message::wire_fault(shared.error(), "server.clientproxy"));
    } else if (wants_json(exchange.head().fields)) {
        fields = {{"Content-Type", "application/json; charset=utf-8"}};
        body = clients_as_json(**shared);
    } else {
        fields = {{"Content-Type", "text/xml; charset=UTF-8"}};
        body = clients_as_xml(**shared);
    }
    [[maybe_unused]] auto sent = co_await exchange.respond(200, "OK", fields, body);
}

}  // namespace onceway::metadata
