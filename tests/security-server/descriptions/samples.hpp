// Descriptions as information systems give them, as small as they can be.
#pragma once

#include <string>
#include <vector>

namespace onceway::tests {

struct Operation {
    std::string code, version;  // version empty: none
};

/// A WSDL of one port at `address` with these operations.
inline std::string wsdl_of(const std::vector<Operation>& operations,
                           const std::string& address = "http://10.0.0.9/soap") {
    std::string port_type, binding;
    for (const auto& [code, version] : operations) {
        port_type += "<operation name=\"" + code + "\"/>";
        binding += "<operation name=\"" + code + "\"><s:operation soapAction=\"\"/>";
        if (!version.empty()) binding += "<id:version>" + version + "</id:version>";
        binding += "</operation>";
    }
    return R"(<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" )"
           R"(xmlns:id="http://x-road.eu/xsd/identifiers" xmlns:t="urn:t" targetNamespace="urn:t"><portType name="P">)" +
           port_type +
           R"(</portType><binding name="B" type="t:P"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/>)" +
           binding + R"(</binding><service name="S"><port name="p" binding="t:B"><s:address location=")" + address +
           R"("/></port></service></definitions>)";
}

/// An OpenAPI document in JSON with GET for each of `paths`.
inline std::string openapi_of(const std::vector<std::string>& paths, const std::string& server = "http://10.0.0.9/api",
                              const std::string& version = "3.0.3") {
    std::string all;
    for (const auto& path : paths) {
        const bool has_id = path.find("{id}") != std::string::npos;
        const std::string parameters = R"("parameters":[{"name":"id","in":"path","required":true}],)";
        all += (all.empty() ? "\"" : ",\"") + path + R"(":{"get":{)" + (has_id ? parameters : "") +
               R"("responses":{"200":{"description":"OK"}}}})";
    }
    return R"({"openapi":")" + version + R"(","info":{"title":"Pets","version":"1"},"servers":[{"url":")" + server +
           R"("}],"paths":{)" + all + "}}";
}

}  // namespace onceway::tests
