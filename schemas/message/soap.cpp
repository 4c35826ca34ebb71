#include "schemas/message/soap.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/message/mime.hpp"
#include "schemas/message/soap_reader.hpp"
#include "schemas/xml/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace onceway::message {
namespace {

/// A refusal of the XML reader, seen from SOAP: what is no XML is no SOAP.
Fault no_soap(Fault why) {
    constexpr std::string_view xml = "Reading XML:";
    if (why.detail.starts_with(xml)) why.detail.replace(0, xml.size(), "Reading the SOAP envelope:");
    if (why.code == FaultCode::invalid_xml) why.code = FaultCode::invalid_soap;
    return why;
}

/// The charset of a content type; a content type that cannot be read has none.
std::string charset_of(std::string_view content_type) {
    const auto type = MediaType::parse(content_type);
    const auto charset = type ? type->parameter("charset") : std::nullopt;
    return charset ? std::string(*charset) : std::string();
}

Result<xml::Utf8Text> text_of(OctetsView envelope, std::string_view charset = {}) {
    if (envelope.size() > limits::message_part_octets)
        return fault(FaultCode::too_large, fmt::format("Reading the SOAP envelope: it has {} octets, of which {} are "
                                                       "read",
                                                       envelope.size(), limits::message_part_octets));
    auto text = xml::as_utf8(envelope, charset);
    if (!text) return no_soap(std::move(text).error());
    return text;
}

Result<void> walk(const xml::Utf8Text& text, SoapReader& reader) {
    auto walked = xml::walk(text.text(), reader);
    return walked ? walked : no_soap(std::move(walked).error());
}

}  // namespace

Result<void> check_charset(std::string_view content_type) {
    const auto charset = charset_of(content_type);
    if (charset.empty() || xml::is_known_charset(charset)) return {};
    return fault(FaultCode::internal_error,
                 fmt::format("The content type names the charset '{}', which is none that is known here; write UTF-8.",
                             charset.substr(0, 40)));
}

Facts SoapMessage::facts() const { return {Language::soap, header.client, header.service, header.id, header.server}; }

Result<SoapMessage> read_soap(OctetsView envelope, std::string_view content_type) {
    const auto text = text_of(envelope, charset_of(content_type));
    if (!text) return text.error();
    SoapReader reader;
    if (auto walked = walk(*text, reader); !walked) return std::move(walked).error();
    auto read = reader.message();
    if (read) read->places = reader.places(text->converted.has_value());
    return read;
}

Result<std::optional<std::string>> body_parameter(OctetsView request, std::string_view name) {
    const auto text = text_of(request);
    if (!text) return text.error();
    SoapReader reader(name);
    if (auto walked = walk(*text, reader); !walked) return std::move(walked).error();
    return reader.parameter();
}

// --- the one line of HTTP that SOAP adds -----------------------------------------------------------------------------

namespace {

/// True for what may stand in a reference, escapes aside.
bool is_uri_character(char c) {
    static constexpr std::string_view marks = "-._~:/?#[]@!$&'()*+,;=%";
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x80) return octet >= 0xa1;  // letters beyond ASCII, which genuine readers let pass
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_uri_reference(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_uri_character(text[i])) return false;
        if (text[i] == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) return false;
    }
    if (text.find('#') != text.rfind('#')) return false;
    const auto colon = text.find(':');
    if (colon >= text.find_first_of("/?#")) return true;  // no scheme
    return colon == std::string_view::npos || (colon > 0 && is_letter(text[0]) && colon + 1 < text.size());
}

}  // namespace

Result<void> check_soap_action(std::string_view value) {
    if (value.empty() || value == "\"\"") return {};
    const bool quoted = value.size() > 2 && value.front() == '"' && value.back() == '"';
    if (quoted && is_uri_reference(value.substr(1, value.size() - 2))) return {};
    return fault(FaultCode::invalid_soap_action,
                 fmt::format("SOAPAction is {}, and it is empty, \"\" or a URI in double quotes",
                             quoted ? "no URI" : "not in double quotes"));
}

// --- what belongs to one exchange ------------------------------------------------------------------------------------

Result<void> check_same_exchange(const SoapHeader& request, const SoapHeader& response) {
    const std::string_view differs = request.client != response.client             ? "client"
                                     : request.service != response.service         ? "service"
                                     : request.user_id != response.user_id         ? "userId"
                                     : request.represented != response.represented ? "representedParty"
                                     : request.issue != response.issue             ? "issue"
                                     : request.id != response.id                   ? "id"
                                                                                   : "";
    if (differs.empty()) return {};
    return fault(FaultCode::inconsistent_response,
                 fmt::format("The header element '{}' of the answer is not that of the request", differs));
}

Result<void> check_request_hash(const SoapHeader& response, OctetsView raw_sha512) {
    const auto wrong = [](std::string_view why) {
        return fault(FaultCode::inconsistent_response, fmt::format("requestHash of the answer {}", why));
    };
    if (!response.request_hash) return wrong("is missing");
    const auto hash = from_spaced_base64(*response.request_hash);
    if (!hash) return wrong("is no Base64");
    if (*hash != raw_sha512) return wrong("is not the digest of the request");
    return {};
}

// --- where we write into an envelope ---------------------------------------------------------------------------------

namespace {

/// Octets in place of others.
struct Edit {
    Place place;
    std::string text;
};

/// `text` with `edits`, which do not overlap, made in it.
Octets edited(OctetsView mark, OctetsView text, std::vector<Edit> edits) {
    std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) {
        return std::pair(a.place.begin, a.place.end) < std::pair(b.place.begin, b.place.end);  // insertions first
    });
    std::size_t size = mark.size() + text.size();
    for (const auto& edit : edits) size += edit.text.size();
    Octets out;
    out.reserve(size);
    out += mark;
    std::size_t from = 0;
    for (const auto& [place, instead] : edits) {
        out += text.substr(from, place.begin - from);
        out += instead;
        from = place.end;
    }
    return out += text.substr(from);
}

/// What follows from an envelope having become UTF-8: its declaration says so.
std::vector<Edit> declaration_edits(const xml::Utf8Text& text) {
    const auto named = text.converted ? xml::declared_encoding(text.text()) : std::string_view{};
    if (named.empty()) return {};
    const auto at = static_cast<std::size_t>(named.data() - text.text().data());
    return {{{at, at + named.size()}, "UTF-8"}};
}

/// The element as it stands behind `id`. Its prefix means what it means there; a declaration that stands on `id` alone
/// is repeated. Rule: message-transport §3.9.1.
std::string request_hash_element(const SoapPlaces& places, OctetsView raw_sha512) {
    const auto& prefix = places.id_prefix;
    const auto name = prefix.empty() ? std::string("requestHash") : prefix + ":requestHash";
    const auto declaration = !places.id_declares_it ? std::string()
                             : prefix.empty()       ? fmt::format(" xmlns=\"{}\"", xroad_space)
                                                    : fmt::format(" xmlns:{}=\"{}\"", prefix, xroad_space);
    return fmt::format("<{0}{1} algorithmId=\"http://www.w3.org/2001/04/xmlenc#sha512\">{2}</{0}>", name, declaration,
                       to_base64(raw_sha512));
}

Fault cannot_write(std::string_view why) {
    return fault(FaultCode::invalid_soap, fmt::format("Writing into the SOAP envelope: {}", why));
}

}  // namespace

namespace {

Result<Octets> hash_put_in(OctetsView mark, OctetsView text, const SoapPlaces& places, std::vector<Edit> edits,
                           OctetsView raw_sha512) {
    if (!places.id || places.id->end > text.size())
        return cannot_write("the header has no element 'id' to put requestHash behind");
    for (const auto& place : places.request_hashes) edits.push_back({place, {}});
    edits.push_back({{places.id->end, places.id->end}, request_hash_element(places, raw_sha512)});
    auto written = edited(mark, text, std::move(edits));
    if (written.size() > limits::message_part_octets)
        return fault(
            FaultCode::too_large,
            fmt::format("Writing into the SOAP envelope: with requestHash it has {} octets, of which {} travel",
                        written.size(), limits::message_part_octets));
    return written;
}

}  // namespace

Result<Octets> with_request_hash(OctetsView response, OctetsView raw_sha512) {
    const auto text = text_of(response);
    if (!text) return text.error();
    SoapReader reader;
    if (auto walked = walk(*text, reader); !walked) return std::move(walked).error();
    return hash_put_in(text->mark ? xml::utf8_mark : OctetsView{}, text->text(), reader.places(),
                       declaration_edits(*text), raw_sha512);
}

Result<Octets> with_request_hash(OctetsView response, const SoapMessage& read, OctetsView raw_sha512) {
    if (!read.places.as_it_came) return with_request_hash(response, raw_sha512);
    const auto mark = response.substr(0, response.starts_with(xml::utf8_mark) ? xml::utf8_mark.size() : 0);
    return hash_put_in(mark, response.substr(mark.size()), read.places, {}, raw_sha512);
}

Result<Octets> write_soap_answer(OctetsView request, std::string_view body) {
    const auto text = text_of(request);
    if (!text) return text.error();
    SoapReader reader;
    if (auto walked = walk(*text, reader); !walked) return std::move(walked).error();
    const auto places = reader.places();
    if (!places.body_contents || places.body_contents->begin == places.body_contents->end)
        return cannot_write("the request has no Body to put the answer into");

    auto edits = declaration_edits(*text);
    for (const auto& place : places.request_hashes) edits.push_back({place, {}});
    edits.push_back({*places.body_contents, std::string(body)});
    return edited({}, text->text(), std::move(edits));
}

}  // namespace onceway::message
