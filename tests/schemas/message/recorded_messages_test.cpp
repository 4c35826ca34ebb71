// Recorded messages of genuine servers: every head, multipart, REST part and fault is read, and what is deterministic
// is written again to the byte.
#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "schemas/message/rest.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace onceway;
using namespace onceway::message;
using namespace onceway::tests;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// A recorded HTTP message: its head as octets, and its body without transfer coding.
struct Recorded {
    Octets head, body;
};
std::optional<Recorded> recorded(const fs::path& file) {
    const auto octets = contents_of(file);
    const auto end = head_end(octets);
    if (!end) return std::nullopt;
    Recorded message{octets.substr(0, *end), octets.substr(*end)};
    if (to_lower(message.head).find("transfer-encoding: chunked") == std::string::npos) return message;
    ChunkedReader reader;
    Octets body;
    for (OctetsView rest = message.body; !rest.empty();) {
        const auto step = reader.take(rest);
        if (!step) break;  // a trailer, in one of the altered messages
        body += step->data;
        if (step->ended || step->consumed == 0) break;
        rest.remove_prefix(step->consumed);
    }
    message.body = body;
    return message;
}

struct Collector : MimeSink {
    std::vector<std::pair<Fields, Octets>> parts;
    Result<void> part_begins(const Fields& headers) override {
        return parts.emplace_back(headers, Octets{}), Result<void>{};
    }
    Result<void> part_data(OctetsView octets) override { return parts.back().second += octets, Result<void>{}; }
    Result<void> part_ends() override { return {}; }
};

/// The parts of a recorded multipart; none when it is refused or is none.
std::optional<Collector> parts_of(const Recorded& message) {
    const auto head = message.head.starts_with("HTTP/")
                          ? parse_response_head(message.head).value_or(ResponseHead{}).fields
                          : parse_request_head(message.head).value_or(RequestHead{}).fields;
    const auto type = field(head, "content-type");
    const auto boundary = type ? boundary_of(*type) : Result<std::string>(fault(FaultCode::invalid_content_type, ""));
    if (!boundary) return std::nullopt;
    Collector collector;
    MimeReader reader(*boundary, MimeRules::peer, collector);
    if (!reader.feed(message.body) || !reader.end()) return std::nullopt;
    return collector;
}

std::optional<Octets> part_of_type(const std::optional<Collector>& collector, std::string_view type) {
    if (!collector) return std::nullopt;
    for (const auto& [headers, body] : collector->parts)
        if (field(headers, "content-type") == type) return body;
    return std::nullopt;
}

std::vector<fs::path> folders(const fs::path& root, std::initializer_list<const char*> kinds) {
    std::vector<fs::path> found;
    for (const auto* kind : kinds)
        for (const auto& entry : fs::directory_iterator(root / kind))
            if (entry.is_directory() && fs::exists(entry.path() / "exchange.json")) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

constexpr std::string_view request_type = "application/x-road-rest-request";
constexpr std::string_view response_type = "application/x-road-rest-response";

}  // namespace

TEST_CASE(
    "every head that genuine servers write is accepted, and of altered and client's ones only the unlawful refused") {
    const auto root = vectors();
    if (!root) return;
    // Heads that a rule refuses, each with the word of its reason. Genuine servers wrote none of them.
    const std::map<std::string, std::string_view> refused = {
        {"exchanges/id-query-raw-characters/request-client.http", "must be escaped"},
        {"exchanges/id-service-code-raw-bracket/request-client.http", "must be escaped"},
        {"exchanges/id-service-code-raw-pipe/request-client.http", "must be escaped"},
        {"exchanges/id-service-code-raw-quote/request-client.http", "must be escaped"},
        {"exchanges/id-service-code-raw-utf8/request-client.http", "must be escaped"},
        {"exchanges/id-service-path-raw-pipe/request-client.http", "must be escaped"},
        {"exchanges/rest-fault-upgrade-header/request-client.http", "upgrade is not accepted"},
    };
    int accepted = 0;
    std::set<std::string> seen_refused;
    for (const auto& entry : fs::recursive_directory_iterator(*root)) {
        if (entry.path().extension() != ".http") continue;
        const auto name = fs::relative(entry.path(), *root).string();
        const auto message = recorded(entry.path());
        REQUIRE_MESSAGE(message, name);
        std::string why;
        if (message->head.starts_with("HTTP/")) {
            const auto head = parse_response_head(message->head);
            if (!head) why = head.error().detail;
        } else {
            const auto head = parse_request_head(
                message->head, {.refuse_repeated_x_road = entry.path().filename() == "request-client.http"});
            if (!head) why = head.error().detail;
        }
        const auto expected = refused.find(name);
        if (expected == refused.end()) {
            CHECK_MESSAGE(why.empty(), name << ": " << why);
            ++accepted;
        } else {
            CHECK_MESSAGE((!why.empty() && contains(why, expected->second)), name << ": " << why);
            seen_refused.insert(name);
        }
    }
    CHECK(accepted > 1000);
    MESSAGE(accepted, " recorded heads accepted, ", seen_refused.size(), " refused by rule");
}

TEST_CASE("every recorded multipart is split as the recording says, and refused where a ruling refuses it") {
    const auto root = vectors();
    if (!root) return;
    // Genuine readers accept these; architecture.md rules otherwise (bare LF, preamble, epilogue, missing end).
    const std::set<std::string> refused = {
        "neg-request-lf-everywhere",
        "neg-request-lf-everywhere-body",
        "neg-request-no-closing-boundary",
        "neg-request-preamble",
        "neg-request-boundary-missing",
        "neg-request-truncated-before-signature",
        "neg-request-truncated-no-closing-boundary",
        "neg-response-epilogue",
        "neg-response-lf-everywhere",
        "neg-response-no-closing-boundary",
        "neg-response-truncated-in-signature",
    };
    int split = 0, refusals = 0;
    for (const auto& folder : folders(*root, {"exchanges", "other-configuration", "negative"})) {
        const auto name = folder.filename().string();
        const auto described = json::parse(contents_of(folder / "exchange.json")).as_object();
        for (const auto* direction : {"request", "response"}) {
            const auto* facts = described.if_contains(std::string(direction) + "Proxy");
            if (!facts || !fs::exists(folder / (std::string(direction) + "-proxy.http"))) continue;
            const auto message = recorded(folder / (std::string(direction) + "-proxy.http"));
            REQUIRE(message);
            const auto* parts = facts->as_object().if_contains("parts");
            if (!parts || !contains(to_lower(message->head), "multipart/")) continue;
            const auto got = parts_of(*message);
            if (refused.contains(name) && contains(name, direction)) {
                CHECK_MESSAGE(!got, name);
                ++refusals;
                continue;
            }
            REQUIRE_MESSAGE(got, name << " " << direction);
            const auto& expected = parts->as_array();
            CHECK_MESSAGE(got->parts.size() == expected.size(), name);
            for (std::size_t i = 0; i < std::min(got->parts.size(), expected.size()); ++i) {
                const auto& one = expected[i].as_object();
                if (const auto* length = one.if_contains("length"))
                    CHECK_MESSAGE(got->parts[i].second.size() == length->to_number<std::size_t>(), name);
            }
            ++split;
        }
    }
    CHECK(split > 500);
    MESSAGE(split, " recorded multiparts split, ", refusals, " refused by ruling");
}

TEST_CASE("every recorded REST request part is written again to the byte from what the information system sent") {
    const auto root = vectors();
    if (!root) return;
    int read = 0, rewritten = 0;
    for (const auto& folder : folders(*root, {"exchanges", "other-configuration"})) {
        if (!fs::exists(folder / "request-proxy.http")) continue;
        const auto part = part_of_type(parts_of(recorded(folder / "request-proxy.http").value()), request_type);
        if (!part) continue;
        const auto name = folder.filename().string();
        const auto request = parse_rest_request(*part);
        if (name == "id-query-raw-characters" || name == "id-query-malformed-escape" || name == "id-service-code-256") {
            CHECK_FALSE(request);  // what a genuine provider's server refuses as well, and a component beyond 255
            continue;
        }
        REQUIRE_MESSAGE(request, name << ": " << request.error().detail);
        ++read;
        if (contains(name, "neg-")) continue;  // signed again after a change
        const auto client = recorded(folder / "request-client.http");
        const auto head = parse_request_head(client.value().head);
        REQUIRE_MESSAGE(head, name);
        const bool has_id = field(head->fields, "x-road-id").has_value();
        const auto generated =
            has_id ? std::optional<std::string_view>{} : std::optional<std::string_view>{request->id};
        CHECK_MESSAGE(
            write_rest_request(head->method, head->target, head->fields, request->request_id, generated) == *part,
            name);
        ++rewritten;
    }
    CHECK(rewritten > 60);
    MESSAGE(read, " recorded REST request parts read, ", rewritten, " written again to the byte");
}

TEST_CASE("every recorded REST response part is written again to the byte from what the provider's system sent") {
    const auto root = vectors();
    if (!root) return;
    int read = 0, rewritten = 0, reserved = 0;
    for (const auto& folder : folders(*root, {"exchanges", "other-configuration"})) {
        if (!fs::exists(folder / "response-proxy.http")) continue;
        const auto part = part_of_type(parts_of(recorded(folder / "response-proxy.http").value()), response_type);
        if (!part) continue;
        const auto name = folder.filename().string();
        const auto response = parse_rest_response(*part);
        // A component beyond 255; and what a genuine consumer's server refuses as well.
        if (name == "id-service-code-256" || name == "rest-fault-service-supplied-x-road-service") {
            CHECK_FALSE(response);
            continue;
        }
        REQUIRE_MESSAGE(response, name << ": " << response.error().detail);
        REQUIRE(response->client);
        REQUIRE(response->service);
        ++read;
        if (contains(name, "neg-")) continue;
        if (!fs::exists(folder / "response-service.http") || contains(name, "rest-metadata-")) {
            ++reserved;  // answered by the provider's server itself, with its content type at the end
            continue;
        }
        const auto head = parse_response_head(recorded(folder / "response-service.http").value().head);
        REQUIRE_MESSAGE(head, name);
        const RestResponseFacts facts{response->id, *response->client, *response->service, response->request_id,
                                      response->request_hash};
        CHECK_MESSAGE(write_rest_response(head->status, head->reason, head->fields, facts) == *part, name);
        ++rewritten;
    }
    CHECK(rewritten > 50);
    MESSAGE(read, " recorded REST response parts read, ", rewritten, " written again to the byte, ", reserved,
            " without a service's answer");
}

TEST_CASE("every recorded altered REST part is refused where genuine readers refuse it, or a ruling does") {
    const auto root = vectors();
    if (!root) return;
    const std::map<std::string, std::string_view> refused = {
        {"neg-request-path-absolute", "not /r1/"},
        {"neg-request-path-backslash", "separator"},
        {"neg-request-path-blank", "blank"},
        {"neg-request-path-empty", "cannot be empty"},
        {"neg-request-path-fragment", "must be escaped"},
        {"neg-request-path-no-prefix", "not /r1/"},
        {"neg-request-path-not-utf8", "not UTF-8"},
        {"neg-request-path-null", "control character"},
        {"neg-request-path-other-prefix", "not /r1/"},
        {"neg-request-path-path-raw-bracket", "must be escaped"},
        {"neg-request-path-percent", "separator"},
        {"neg-request-path-raw-query", "must be escaped"},
        {"neg-request-path-raw-utf8", "must be escaped"},
        {"neg-request-path-six-segments", "not /r1/"},
        {"neg-request-rest-empty-line", "empty line"},
        {"neg-request-rest-no-client", "X-Road-Client is missing"},
        {"neg-request-transfer-encoding-line", "may not stand"},
        {"neg-request-lines-lf", "CRLF"},
        {"neg-request-last-line-without-end", "CRLF"},
        {"neg-request-client-five-segments", "5 parts"},
        {"neg-request-client-raw-space", "must be escaped"},
        {"neg-request-client-member-code-blank", "blank"},
    };
    std::set<std::string> seen;
    int accepted = 0;
    for (const auto& folder : folders(*root, {"negative"})) {
        const auto name = folder.filename().string();
        if (!contains(name, "neg-request") || !fs::exists(folder / "request-proxy.http")) continue;
        const auto part = part_of_type(parts_of(recorded(folder / "request-proxy.http").value()), request_type);
        if (!part) continue;
        const auto request = parse_rest_request(*part);
        const auto expected = refused.find(name);
        if (expected == refused.end()) {
            CHECK_MESSAGE(request, name << ": " << (request ? "" : request.error().detail));
            ++accepted;
        } else {
            REQUIRE_MESSAGE(!request, name);
            CHECK_MESSAGE(contains(request.error().detail, expected->second), name << ": " << request.error().detail);
            seen.insert(name);
        }
    }
    CHECK(seen.size() == refused.size());
    MESSAGE(seen.size(), " altered request parts refused, ", accepted, " read (and judged elsewhere)");
}

TEST_CASE("every recorded fault is read, written again to the byte, and told to the information system as recorded") {
    const auto root = vectors();
    if (!root) return;
    int read = 0, rewritten = 0, told = 0;
    for (const auto& folder : folders(*root, {"exchanges", "other-configuration", "negative"})) {
        if (!fs::exists(folder / "response-proxy.http")) continue;
        const auto name = folder.filename().string();
        const auto message = recorded(folder / "response-proxy.http").value();
        Octets document = contains(message.body, "SOAP-ENV:Fault>") && !contains(to_lower(message.head), "multipart/")
                              ? message.body
                              : "";
        if (const auto got = parts_of(message); got && !got->parts.empty() && document.empty()) {
            const auto& last = got->parts.back();
            if (field(last.first, "content-type").value_or("").starts_with("text/xml")) document = last.second;
        }
        if (document.empty()) continue;
        const auto fault = read_soap_fault(document);
        REQUIRE_MESSAGE(fault, name << ": " << fault.error().detail);
        if (!*fault) continue;
        ++read;
        // A provider's own SOAP fault travels as its system wrote it; those of servers are in our form.
        if ((*fault)->code.starts_with("server.")) {
            CHECK_MESSAGE(write_soap_fault(**fault) == document, name);
            ++rewritten;
        }
        const auto client =
            fs::exists(folder / "response-client.http") ? recorded(folder / "response-client.http") : std::nullopt;
        if (!client || !client->body.starts_with("{\"type\"") || !contains(client->body, (*fault)->detail)) continue;
        const auto error = write_rest_error(**fault, {});
        CHECK_MESSAGE(error.body == client->body, name);
        const auto head = parse_response_head(client->head);
        REQUIRE(head);
        CHECK_MESSAGE(error.status == head->status, name);
        CHECK_MESSAGE(error.content_type == field(head->fields, "content-type"), name);
        ++told;
    }
    CHECK(told > 10);
    MESSAGE(read, " recorded faults read, ", rewritten, " written again to the byte, ", told, " told as recorded");
}

TEST_CASE("every recorded signed configuration is split as genuine clients split it") {
    const auto root = vectors();
    if (!root) return;
    int split = 0;
    for (const auto& entry : fs::recursive_directory_iterator(*root / "globalconf")) {
        if (entry.path().extension() != ".mime") continue;
        const auto octets = contents_of(entry.path());
        const auto end = head_end(octets);
        const auto name = entry.path().filename().string();
        if (!end) continue;
        const auto line_end = octets.find_first_of("\r\n");
        const auto type = octets.substr(octets.find(':') + 1, line_end - octets.find(':') - 1);
        const auto boundary = boundary_of(type);
        if (!boundary) continue;
        Collector outer;
        MimeReader reader(*boundary, MimeRules::configuration, outer);
        if (!reader.feed(OctetsView(octets).substr(*end)) || !reader.end() || outer.parts.empty()) continue;
        const auto inner_boundary = boundary_of(field(outer.parts[0].first, "content-type").value_or(""));
        if (!inner_boundary) continue;
        Collector inner;
        MimeReader nested(*inner_boundary, MimeRules::configuration, inner);
        if (!nested.feed(outer.parts[0].second) || !nested.end() || inner.parts.empty()) continue;
        CHECK_MESSAGE((inner.parts[0].second.empty() || inner.parts.size() == 1), name);
        ++split;
    }
    CHECK(split > 5);
    MESSAGE(split, " recorded configurations split");
}
