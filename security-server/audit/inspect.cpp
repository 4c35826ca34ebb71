#include "security-server/audit/inspect.hpp"

#include <algorithm>
#include <exception>

namespace onceway::audit {

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> menu{
        {"http-head", "the head of an HTTP message", inspect_http_head},
        {"mime", "a multipart body", inspect_mime},
        {"xml", "an XML document", inspect_xml},
        {"soap", "a SOAP message's envelope", inspect_soap},
        {"wsdl", "the description of SOAP services", inspect_wsdl},
        {"openapi", "the description of REST services", inspect_openapi},
        {"identifier", "the name of a client, service or server", inspect_identifier},
        {"service-path", "the path of a REST call, as access rights see it", inspect_service_path},
        {"certificate-path", "a certificate, up to an anchor", inspect_certificate_path},
        {"ocsp", "an answer about a certificate's status", inspect_ocsp},
        {"timestamp", "a time-stamp response or token", inspect_timestamp},
        {"container", "a signed document", inspect_container},
        {"configuration", "a signed configuration with its parts", inspect_configuration},
        {"signature-value", "a signature over given octets", inspect_signature_value},
    };
    return menu;
}

const Kind* find_kind(std::string_view name) {
    const auto named = [&](const Kind& kind) { return kind.name == name; };
    const auto found = std::find_if(kinds().begin(), kinds().end(), named);
    return found == kinds().end() ? nullptr : &*found;
}

Answer inspect(const Kind& kind, OctetsView data, With with) {
    try {
        auto value = kind.inspect(data, with);
        if (with.trouble()) return {"unknown", "invalid_argument", *with.trouble(), nullptr};
        if (!value) return {"invalid", value.error().wire_code(), value.error().detail, nullptr};
        // A container is judged even when it is refused: its verdict is the value.
        if (const auto* verdict = value->is_object() ? value->as_object().if_contains("verdict") : nullptr)
            if (*verdict != "valid")
                return {std::string(verdict->as_string()), std::string(value->as_object()["code"].as_string()),
                        std::string(value->as_object()["reason"].as_string()), std::move(*value)};
        return {"valid", "", "", std::move(*value)};
    } catch (const std::exception& error) {
        return {"unknown", "internal_error", std::string("the reader failed: ") + error.what(), nullptr};
    }
}

boost::json::object to_json(const Answer& answer, const boost::json::value& id, std::string_view kind,
                            std::int64_t microseconds) {
    return {{"id", id},
            {"kind", json_text(kind)},
            {"verdict", answer.verdict},
            {"code", answer.code},
            {"reason", json_text(answer.reason)},
            {"value", answer.value},
            {"us", microseconds}};
}

std::string json_text(std::string_view text) {
    std::string clean;
    while (!text.empty()) {
        std::size_t length = std::min<std::size_t>(4, text.size());
        while (length > 0 && !is_utf8(text.substr(0, length))) --length;
        if (length == 0)
            clean += "\xef\xbf\xbd";
        else
            clean += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return clean;
}

}  // namespace onceway::audit
