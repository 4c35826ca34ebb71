#include "schemas/message/rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace onceway::message {
namespace {

constexpr std::array skipped_fields{"transfer-encoding",
                                    "keep-alive",
                                    "proxy-authenticate",
                                    "proxy-authorization",
                                    "te",
                                    "trailer",
                                    "upgrade",
                                    "connection",
                                    "user-agent",
                                    "host",
                                    "content-length",
                                    "server",
                                    "expect"};
constexpr std::array verbs{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"};

/// Made by the consumer's server alone; what an information system sends under these names is dropped.
constexpr std::array generated_in_requests{"x-road-request-id", "x-road-request-hash"};
/// Made by the provider's server alone. A provider's own `x-road-service` would end the exchange at a genuine
/// consumer's.
constexpr std::array generated_in_responses{"x-road-id", "x-road-client", "x-road-service", "x-road-request-id",
                                            "x-road-request-hash"};

template <std::size_t N>
bool is_among(std::string_view name, const std::array<const char*, N>& names) {
    return std::any_of(names.begin(), names.end(), [&](const char* known) { return same_ignoring_case(name, known); });
}

Fault malformed(std::string detail) { return fault(FaultCode::internal_error, "REST part: " + std::move(detail)); }

/// Names and codes for a reason. Values and targets are never shown: they may hold somebody's number.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 60)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '.' : c;
    return out;
}

constexpr auto token_octets = [] {
    std::array<bool, 256> table{};
    for (const char c :
         std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_token(std::string_view name) {
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return token_octets[static_cast<unsigned char>(c)]; });
}

bool holds_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

/// The lines of a part: two of its own, then fields.
struct Lines {
    std::string_view first, second;
    Fields fields;
};

Result<std::string_view> take_line(OctetsView& rest) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    if (end == OctetsView::npos) return malformed("a line does not end in CRLF");
    if (holds_control(line)) return malformed("a line holds a control character");
    rest.remove_prefix(end + 2);
    return line;
}

Result<void> add_field(Fields& fields, std::string_view line) {
    if (line.empty()) return malformed("an empty line");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a line without colon");
    const auto name = line.substr(0, colon);
    if (!is_token(name)) return malformed(fmt::format("'{}' is no field name", shown(name)));
    if (is_skipped_field(name)) return malformed(fmt::format("field {} may not stand in it", name));
    fields.emplace_back(name, line.substr(colon + 1));
    return {};
}

Result<Lines> read_lines(OctetsView part) {
    if (part.size() > limits::rest_part_octets)
        return malformed(fmt::format("{} octets, of which {} are allowed", part.size(), limits::rest_part_octets));
    if (!is_utf8(part)) return malformed("not UTF-8");
    Lines lines;
    for (auto* own : {&lines.first, &lines.second}) {
        auto line = take_line(part);
        if (!line) return line.error();
        *own = *line;
    }
    lines.fields.reserve(16);
    while (!part.empty()) {
        auto line = take_line(part);
        if (!line) return line.error();
        auto added = add_field(lines.fields, *line);
        if (!added) return added.error();
    }
    return lines;
}

/// The last value of `name`, ignoring case.
std::optional<std::string_view> last_field(const Fields& fields, std::string_view name) {
    const auto found = std::find_if(fields.rbegin(), fields.rend(),
                                    [&](const auto& known) { return same_ignoring_case(known.first, name); });
    if (found == fields.rend()) return std::nullopt;
    return found->second;
}

bool is_ascii(std::string_view text) {
    unsigned char all = 0;
    for (const char c : text) all |= static_cast<unsigned char>(c);
    return all < 0x80;
}

void append_line(Octets& part, std::string_view name, std::string_view value) {
    part.append(name).append(":").append(value).append("\r\n");
}

}  // namespace

bool is_skipped_field(std::string_view name) { return is_among(name, skipped_fields); }
bool is_rest_verb(std::string_view verb) { return std::find(verbs.begin(), verbs.end(), verb) != verbs.end(); }

Result<RestRequest> parse_rest_request(OctetsView part) {
    auto lines = read_lines(part);
    if (!lines) return lines.error();
    if (!is_rest_verb(lines->first)) return malformed(fmt::format("'{}' is no verb of REST", shown(lines->first)));
    auto target = identity::RestTarget::parse(lines->second);
    if (!target) return target.error();

    const auto client = last_field(lines->fields, "x-road-client");
    if (!client) return malformed("X-Road-Client is missing");
    auto id = identity::ClientId::from_header(*client);
    if (!id) return id.error();
    RestRequest request{std::string(lines->first),
                        std::string(lines->second),
                        {},
                        std::move(*target),
                        std::move(*id),
                        {},
                        {},
                        std::nullopt};
    if (const auto server = last_field(lines->fields, "x-road-security-server")) {
        auto parsed = identity::ServerId::from_header(*server);
        if (!parsed) return parsed.error();
        request.server = std::move(*parsed);
    }
    if (const auto party = last_field(lines->fields, "x-road-represented-party")) {
        auto fine = identity::check_represented_party(*party);
        if (!fine) return fine.error();
    }
    request.id = last_field(lines->fields, "x-road-id").value_or("");
    for (const auto& [name, value] : lines->fields)
        if (name == "x-road-request-id") request.request_id = value;  // lower case only, as genuine readers have it
    request.fields = std::move(lines->fields);
    return request;
}

Octets write_rest_request(std::string_view verb, std::string_view target, const Fields& fields,
                          std::string_view request_id, std::optional<std::string_view> generated_id) {
    Octets part;
    part.reserve(1024);
    part.append(verb).append("\r\n").append(target).append("\r\n");
    for (const auto& [name, value] : fields)
        if (!is_skipped_field(name) && !is_among(name, generated_in_requests))
            append_line(part, name, from_latin1(value));
    append_line(part, "x-road-request-id", request_id);
    if (generated_id) append_line(part, "x-road-id", *generated_id);
    return part;
}

Result<RestResponse> parse_rest_response(OctetsView part) {
    auto lines = read_lines(part);
    if (!lines) return lines.error();
    RestResponse response;
    const auto status = lines->first;
    const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), response.status);
    if (status.size() != 3 || error != std::errc{} || end != status.data() + 3 || response.status < 100)
        return malformed(fmt::format("status is '{}', not 100 to 999", shown(status)));
    response.reason = lines->second;

    // Every occurrence is read, the last one counts.
    for (const auto& [name, value] : lines->fields) {
        if (same_ignoring_case(name, "x-road-client")) {
            auto client = identity::ClientId::from_header(value);
            if (!client) return client.error();
            response.client = std::move(*client);
        } else if (same_ignoring_case(name, "x-road-service")) {
            auto service = identity::ServiceId::from_header(value);
            if (!service) return service.error();
            response.service = std::move(*service);
        }
    }
    response.id = last_field(lines->fields, "x-road-id").value_or("");
    if (response.id.empty()) return malformed("x-road-id is missing or empty");
    const auto hash = last_field(lines->fields, "x-road-request-hash").value_or("");
    if (hash.empty()) return malformed("x-road-request-hash is missing or empty");
    response.request_hash = from_base64(hash).value_or(Octets{});
    response.request_id = last_field(lines->fields, "x-road-request-id").value_or("");
    response.fields = std::move(lines->fields);
    return response;
}

Octets write_rest_response(int status, std::string_view reason, const Fields& fields, const RestResponseFacts& facts) {
    Octets part;
    part.reserve(1024);
    fmt::format_to(std::back_inserter(part), "{}\r\n", status);
    part.append(from_latin1(reason)).append("\r\n");
    for (const auto& [name, value] : fields)
        if (!is_skipped_field(name) && !is_among(name, generated_in_responses))
            append_line(part, name, from_latin1(value));
    append_line(part, "x-road-id", facts.id);
    append_line(part, "x-road-client", facts.client.url());
    append_line(part, "x-road-service", facts.service.url());
    append_line(part, "x-road-request-id", facts.request_id);
    append_line(part, "x-road-request-hash", to_base64(facts.request_hash));
    return part;
}

std::string to_latin1(std::string_view utf8) {
    if (is_ascii(utf8)) return std::string(utf8);
    std::string octets;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (length == 1)
            octets += static_cast<char>(lead);
        else if (lead <= 0xc3 && i + 1 < utf8.size())
            octets += static_cast<char>((lead & 0x03) << 6 | (static_cast<unsigned char>(utf8[i + 1]) & 0x3f));
        else
            octets += '?';
        i += length;
    }
    return octets;
}

std::string from_latin1(std::string_view octets) {
    if (is_ascii(octets)) return std::string(octets);
    std::string text;
    text.reserve(octets.size());
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xc0 | octet >> 6);
            text += static_cast<char>(0x80 | (octet & 0x3f));
        }
    }
    return text;
}

}  // namespace onceway::message
