// wsdl and openapi: what a server would offer when it imported such a description.
#include "schemas/description/openapi.hpp"
#include "schemas/description/wsdl.hpp"
#include "security-server/audit/inspect.hpp"

#include <boost/json.hpp>

namespace onceway::audit {
namespace {

namespace json = boost::json;

json::object service_json(const description::WsdlService& service) {
    json::object shown{{"code", json_text(service.code)},
                       {"version", nullptr},
                       {"title", json_text(service.title)},
                       {"url", json_text(service.url)}};
    if (service.version) shown["version"] = json_text(*service.version);
    return shown;
}

json::array endpoints_json(const description::OpenApi& api) {
    json::array endpoints;
    for (const auto& endpoint : api.endpoints)
        endpoints.push_back(json::array{json_text(endpoint.method), json_text(endpoint.path)});
    return endpoints;
}

json::array texts_json(const std::vector<std::string>& texts) {
    json::array shown;
    for (const auto& text : texts) shown.emplace_back(json_text(text));
    return shown;
}

}  // namespace

Result<json::value> inspect_wsdl(OctetsView data, With&) {
    auto services = description::read_wsdl(data);
    if (!services) return services.error();
    json::array shown;
    for (const auto& service : *services) shown.push_back(service_json(service));
    return json::value{{"services", std::move(shown)}};
}

Result<json::value> inspect_openapi(OctetsView data, With& with) {
    const std::string content_type = with.text("content_type", ""), url = with.text("url", "");
    if (with.trouble()) return json::value();
    const auto format = description::format_of(content_type, url);
    auto api = description::read_openapi(data, format);
    if (!api) return api.error();
    json::object value{{"format", format == description::Format::json ? "json" : "yaml"},
                       {"version", json_text(api->version)},
                       {"title", json_text(api->title)},
                       {"url", json_text(api->url)},
                       {"service_url", nullptr},
                       {"endpoints", endpoints_json(*api)},
                       {"warnings", texts_json(api->warnings)}};
    if (!url.empty()) {
        auto resolved = description::resolve_server_url(url, api->url);
        if (!resolved) return resolved.error();
        value["service_url"] = json_text(*resolved);
    }
    return json::value(std::move(value));
}

}  // namespace onceway::audit
