// Messages between genuine servers: read part by part as they were recorded, and written again to the octet.
#include "security-server/transport/incoming.hpp"
#include "security-server/transport/outgoing.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <map>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;
using transport::Incoming;

namespace {

std::string content_type_of(const std::string& http) {
    const auto end = message::head_end(http);
    REQUIRE(end);
    std::string lower = to_lower(std::string_view(http).substr(0, *end));
    const auto at = lower.find("\ncontent-type: ");
    if (at == std::string::npos) return {};
    return http.substr(at + 15, http.find("\r\n", at + 15) - at - 15);
}

/// The parts of a recording, as its description lists them, without the outer type of nested multiparts.
std::vector<std::pair<std::string, std::string>> listed(const json::value& message, const char* list = "parts") {
    std::vector<std::pair<std::string, std::string>> parts;
    for (const auto& part : message.at(list).as_array()) {
        if (part.as_object().contains("nested"))
            for (auto& attachment : listed(part, "nested")) parts.push_back(std::move(attachment));
        else
            parts.emplace_back(std::string(part.at("contentType").as_string()),
                               std::string(part.at("sha512").as_string()));
    }
    return parts;
}

std::vector<std::pair<std::string, std::string>> received(const transport::Message& message) {
    std::vector<std::pair<std::string, std::string>> parts;
    const auto add = [&](std::string_view type, const Octets& sha512) { parts.emplace_back(type, to_base64(sha512)); };
    namespace type = transport::part_type;
    for (const auto& answer : message.ocsp_answers()) add(type::ocsp, keys::sha512(answer));
    add(message.type, message.part_sha512);
    if (message.body)
        for (std::size_t i = 0; i < message.body->parts().size(); ++i)
            add(message.attachments.empty() ? std::string(type::rest_body) : message.attachments[i].type,
                message.body->parts()[i].sha512);
    if (message.seal.chain_result) add(type::chain_result, keys::sha512(*message.seal.chain_result));
    if (!message.seal.chain.empty()) add(type::chain, keys::sha512(message.seal.chain));
    if (message.seal.signature) add(type::signature, keys::sha512(*message.seal.signature));
    return parts;
}

// What genuine readers accept and we refuse while reading.
const std::map<std::string_view, std::string_view> differences{
    {"id-service-code-256", "components have at most 255 characters (threats row 7)"},
};

void replay(const std::filesystem::path& folder, const std::string& name, const char* listed_as,
            Incoming::Expect expect, int& count) {
    const auto description = json::parse(contents_of(folder / "exchange.json"));
    const auto* parts = description.as_object().if_contains(listed_as);
    const char* side = expect == Incoming::Expect::request ? "request" : "response";
    const auto* verdict = description.as_object().if_contains("messageVerdict");
    if (!verdict || !verdict->is_object() || verdict->at(side) != "accepted") return;
    const std::string body = contents_of(folder / (name + ".body")), http = contents_of(folder / (name + ".http"));
    if (body.empty() || !parts || !parts->is_object()) return;
    const auto boundary = transport::message_boundary(content_type_of(http));
    if (!boundary) return;  // an early fault
    CAPTURE(folder.filename().string());
    CAPTURE(name);

    const TemporaryFolder spool;
    Incoming incoming(expect, *boundary, spool.path());
    transport::GivenSource source(body, 100);
    auto read = run(incoming.read_rest(source));
    CAPTURE((read ? "" : read.error().detail));
    CHECK(bool(read) != differences.contains(folder.filename().string()));
    if (!read) return;
    ++count;
    CHECK(received(incoming.received()) == listed(*parts));
    transport::KeptOctets again;
    REQUIRE(run(transport::write_message(again, *boundary, incoming.received())));
    CHECK(again.octets == body);
}

}  // namespace

TEST_CASE("recorded messages are read with the parts that were recorded, and written again octet for octet") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors at hand");
        return;
    }
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*folder / "exchanges")) {
        replay(entry.path(), "request-proxy", "requestProxy", Incoming::Expect::request, count);
        replay(entry.path(), "response-proxy", "responseProxy", Incoming::Expect::response, count);
    }
    MESSAGE("recorded messages read and written again: ", count);
    CHECK(count > 0);
}
