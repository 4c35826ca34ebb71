#include "schemas/message/fault_document.hpp"

#include "schemas/message/soap_reader.hpp"
#include "schemas/xml/encoding.hpp"

#include <fmt/format.h>

namespace onceway::message {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

/// Text that comes from anywhere, as valid UTF-8 of characters that XML 1.0 can hold.
std::string presentable(std::string_view text) {
    const bool valid = is_utf8(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if (text.substr(i, 3) == "\xef\xbf\xbe" || text.substr(i, 3) == "\xef\xbf\xbf") {  // U+FFFE, U+FFFF
            out += replacement;
            i += 2;
        } else if ((octet < 0x20 && octet != '\t' && octet != '\n' && octet != '\r') || (octet >= 0x80 && !valid)) {
            out += replacement;
        } else {
            out += text[i];
        }
    }
    return out;
}

/// Element content in which all five predefined characters are escaped, as genuine servers write faults.
std::string xml_text(std::string_view text) {
    std::string out;
    for (const char c : presentable(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            case '\r':
                out += "&#13;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : presentable(text)) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += c;
        }
    }
    return out += '"';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The XML type that the caller asked for, or nothing: JSON.
std::string_view xml_type_asked_for(const std::vector<std::string>& accept_values) {
    for (std::string_view rest : accept_values) {
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            const auto one = rest.substr(0, comma);
            const auto type = to_lower(trimmed(one.substr(0, one.find(';'))));
            if (type == "text/xml" || type == "text/*") return "text/xml";
            if (type == "application/xml") return "application/xml";
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return {};
}

}  // namespace

Octets write_soap_fault(const WireFault& fault) {
    return fmt::format(
        R"(<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="{}"><SOAP-ENV:Body><SOAP-ENV:Fault>)"
        R"(<faultcode>{}</faultcode><faultstring>{}</faultstring><faultactor>{}</faultactor>)"
        R"(<detail><faultDetail xmlns="">{}</faultDetail></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>)",
        soap_space, xml_text(fault.code), xml_text(fault.text), xml_text(fault.actor), xml_text(fault.detail));
}

Result<std::optional<WireFault>> read_soap_fault(OctetsView document) {
    const auto text = xml::as_utf8(document);
    if (!text) return text.error();
    SoapReader reader;
    if (auto walked = xml::walk(text->text(), reader); !walked) return std::move(walked).error();
    return reader.fault();
}

RestError write_rest_error(const WireFault& fault, const std::vector<std::string>& accept_values) {
    RestError error{fault.code.starts_with("server.") ? 500 : 400, "application/json", {}};
    const auto type = xml_type_asked_for(accept_values);
    if (type.empty()) {
        error.body = fmt::format(R"({{"type":{},"message":{},"detail":{}}})", json_text(fault.code),
                                 json_text(fault.text), json_text(fault.detail));
    } else {
        error.content_type = std::string(type) + ";charset=utf-8";
        error.body = fmt::format(R"(<?xml version="1.0" encoding="UTF-8" standalone="no"?>)"
                                 "<error><type>{}</type><message>{}</message><detail>{}</detail></error>",
                                 xml_text(fault.code), xml_text(fault.text), xml_text(fault.detail));
    }
    return error;
}

WireFault wire_fault(const Fault& fault, std::string_view prefix) {
    auto code = fault.wire_code();
    const bool prefixed = code.starts_with(prefix) && (code.size() == prefix.size() || code[prefix.size()] == '.');
    if (!prefixed) code.insert(0, std::string(prefix) + '.');
    return {std::move(code), fault.detail, {}, random_uuid()};
}

}  // namespace onceway::message
