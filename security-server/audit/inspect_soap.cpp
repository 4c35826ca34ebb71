// soap: an envelope, as a security server reads it from an information system or from another server.
#include "certs/keys/digest.hpp"
#include "schemas/message/soap.hpp"
#include "security-server/audit/inspect.hpp"

#include <boost/json.hpp>

namespace onceway::audit {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    return json::string(json_text(*text));
}

json::value represented_or_null(const std::optional<message::RepresentedParty>& party) {
    if (!party) return nullptr;
    return json::object{{"class", text_or_null(party->party_class)}, {"code", json_text(party->code)}};
}

json::object fault_json(const WireFault& fault) {
    return {{"code", json_text(fault.code)},
            {"text", json_text(fault.text)},
            {"actor", json_text(fault.actor)},
            {"detail", json_text(fault.detail)}};
}

json::object header_json(const message::SoapHeader& header) {
    return {{"client", json_text(header.client.url())},
            {"service", json_text(header.service.url())},
            {"service_version", text_or_null(header.service.version)},
            {"server", text_or_null(header.server ? std::optional(header.server->url()) : std::nullopt)},
            {"id", json_text(header.id)},
            {"user_id", text_or_null(header.user_id)},
            {"issue", text_or_null(header.issue)},
            {"represented_party", represented_or_null(header.represented)},
            {"protocol_version", json_text(header.protocol_version)},
            {"request_hash", text_or_null(header.request_hash)}};
}

}  // namespace

Result<json::value> inspect_soap(OctetsView data, With& with) {
    const std::string content_type = with.text("content_type", "text/xml");
    if (with.trouble()) return json::value();
    auto message = message::read_soap(data, content_type);
    if (!message) return message.error();
    json::object value{{"direction", message->is_response() ? "response" : "request"},
                       {"header", nullptr},
                       {"wrapper", nullptr},
                       {"namespace", nullptr},
                       {"fault", nullptr},
                       {"sha512", to_base64(keys::sha512(data))}};
    if (message->fault) {
        value["direction"] = "response";
        value["fault"] = fault_json(*message->fault);
    } else {
        value["header"] = header_json(message->header);
        value["wrapper"] = json_text(message->wrapper);
        value["namespace"] = json_text(message->wrapper_space);
    }
    return json::value(std::move(value));
}

}  // namespace onceway::audit
