// SOAP envelopes as information systems write them, for every test that needs one.
#pragma once

#include <string>
#include <string_view>

namespace onceway::tests {

/// What a test wants to be different about an envelope.
struct Envelope {
    std::string client = "SUBSYSTEM:ZA/GOV/101/tax";  // kind and components
    std::string provider = "ZA/GOV/202/roads";
    std::string service = "getPermit";
    std::string version = "v1";  // empty: none
    std::string id = "soap-1";
    std::string more{};     // further header elements, as XML
    std::string wrapper{};  // of the body; empty: the service code, "Response" behind it in an answer
    std::string content = "<plate>CA 1</plate>";
    std::string declaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";
};

namespace soap_parts {
inline std::string element(std::string_view name, std::string_view text) {
    return "<" + std::string(name) + ">" + std::string(text) + "</" + std::string(name) + ">";
}
/// Components of "I/C/M[/S]" as identifier elements.
inline std::string components(std::string_view path) {
    constexpr std::string_view names[] = {"id:xRoadInstance", "id:memberClass", "id:memberCode", "id:subsystemCode"};
    std::string all;
    for (const auto name : names) {
        if (path.empty()) break;
        const auto slash = path.find('/');
        all += element(name, path.substr(0, slash));
        path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
    }
    return all;
}
inline std::string client(std::string_view text) {
    const auto colon = text.find(':');
    return "<xrd:client id:objectType=\"" + std::string(text.substr(0, colon)) + "\">" +
           components(text.substr(colon + 1)) + "</xrd:client>";
}
inline std::string service(const Envelope& e) {
    return R"(<xrd:service id:objectType="SERVICE">)" + components(e.provider) + element("id:serviceCode", e.service) +
           (e.version.empty() ? std::string() : element("id:serviceVersion", e.version)) + "</xrd:service>";
}
inline std::string envelope(const Envelope& e, std::string_view wrapper) {
    return e.declaration +
           R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
           R"( xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">)"
           "<soapenv:Header>" +
           client(e.client) + service(e) + element("xrd:id", e.id) + element("xrd:protocolVersion", "4.0") + e.more +
           "</soapenv:Header><soapenv:Body><p:" + std::string(wrapper) + R"( xmlns:p="http://roads.example/">)" +
           e.content + "</p:" + std::string(wrapper) + "></soapenv:Body></soapenv:Envelope>";
}
}  // namespace soap_parts

inline std::string soap_request(const Envelope& e = {}) {
    return soap_parts::envelope(e, e.wrapper.empty() ? e.service : e.wrapper);
}

/// What the provider's information system answers to it: the same header, without requestHash.
inline std::string soap_answer(Envelope e = {}) {
    return soap_parts::envelope(e, e.wrapper.empty() ? e.service + "Response" : e.wrapper);
}

/// A fault as an information system writes one.
inline std::string soap_fault(std::string_view code = "soapenv:Server.Oops", std::string_view text = "no permit") {
    return R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>)" +
           soap_parts::element("faultcode", code) + soap_parts::element("faultstring", text) +
           "<detail><why>closed</why></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>";
}

}  // namespace onceway::tests
