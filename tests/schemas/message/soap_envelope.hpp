// Envelopes for tests of their readers: valid unless a test says otherwise, one field for each thing it may be about.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onceway::tests::soap {

inline std::string element(std::string_view name, std::string_view text) {
    return "<" + std::string(name) + ">" + std::string(text) + "</" + std::string(name) + ">";
}

/// `type` empty: no objectType; `subsystem` empty: a member.
inline std::string client(std::string_view type = "SUBSYSTEM", std::string_view subsystem = "tax",
                          std::string_view more = {}, std::string_view member_code = "101") {
    return "<x:client" + (type.empty() ? std::string() : " i:objectType='" + std::string(type) + "'") + ">" +
           element("i:xRoadInstance", "ZA") + element("i:memberClass", "GOV") + element("i:memberCode", member_code) +
           (subsystem.empty() ? std::string() : element("i:subsystemCode", subsystem)) + std::string(more) +
           "</x:client>";
}

inline std::string service(std::string_view type = "SERVICE", std::optional<std::string_view> version = "v1") {
    return "<x:service i:objectType='" + std::string(type) + "'>" + element("i:xRoadInstance", "ZA") +
           element("i:memberClass", "GOV") + element("i:memberCode", "202") + element("i:subsystemCode", "people") +
           element("i:serviceCode", "getPerson") + (version ? element("i:serviceVersion", *version) : std::string()) +
           "</x:service>";
}

inline std::string server(std::string_view type = "SERVER") {
    return "<x:securityServer i:objectType='" + std::string(type) + "'>" + element("i:xRoadInstance", "ZA") +
           element("i:memberClass", "GOV") + element("i:memberCode", "202") + element("i:serverCode", "ss1") +
           "</x:securityServer>";
}

inline std::string party(std::string_view party_class, std::string_view code) {
    return "<r:representedParty>" + element("r:partyClass", party_class) + element("r:partyCode", code) +
           "</r:representedParty>";
}

inline std::string id() { return "<x:id>m-1</x:id>"; }
inline std::string version(std::string_view value = "4.0") { return element("x:protocolVersion", value); }

struct Envelope {
    std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    std::string space = "http://schemas.xmlsoap.org/soap/envelope/";
    std::string attributes;
    bool no_header = false, no_body = false, body_first = false;
    std::string header = client() + service() + id() + version();
    std::string more;  // behind `header`, in the Header
    std::string body = "<p:getPerson xmlns:p='urn:people'><p:code>17</p:code></p:getPerson>";
    std::string behind;  // behind both

    std::string text() const {
        const auto head = no_header ? std::string() : "<e:Header>" + header + more + "</e:Header>";
        const auto content = no_body ? std::string() : "<e:Body>" + body + "</e:Body>";
        return declaration + "<e:Envelope xmlns:e='" + space +
               "' xmlns:x='http://x-road.eu/xsd/xroad.xsd' xmlns:i='http://x-road.eu/xsd/identifiers' "
               "xmlns:r='http://x-road.eu/xsd/representation.xsd'" +
               attributes + ">" + (body_first ? content + head : head + content) + behind + "</e:Envelope>";
    }
};

}  // namespace onceway::tests::soap
