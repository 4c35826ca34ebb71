#include "schemas/message/rest.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::message;
using onceway::tests::contains;
using namespace std::string_literals;

namespace {

const identity::ClientId consumer{"DEV", "COM", "1111111-1", "app"};
const identity::ServiceId pets{{"DEV", "GOV", "2222222-2", "registry"}, "pets", std::nullopt};

/// What an information system sends in the worked example of message-transport §7.1.1.
const Fields example_fields = {
    {"Host", "ss1.internal:8080"},
    {"User-Agent", "curl/8.5.0"},
    {"Accept", "application/json"},
    {"Content-Type", "application/json"},
    {"X-Road-Client", "DEV/COM/1111111-1/app"},
    {"X-Road-UserId", "EE12345678901"},
    {"Content-Length", "22"},
};
constexpr std::string_view example_part =
    "POST\r\n"
    "/r1/DEV/GOV/2222222-2/registry/pets/v2/pets?lang=en\r\n"
    "Accept:application/json\r\n"
    "Content-Type:application/json\r\n"
    "X-Road-Client:DEV/COM/1111111-1/app\r\n"
    "X-Road-UserId:EE12345678901\r\n"
    "x-road-request-id:7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11\r\n"
    "x-road-id:DEV-0d0a4f5e-8a43-4c44-9a05-6b0f5b1c7d22\r\n";

std::string request_with(std::string_view lines, std::string_view start = "GET\r\n/r1/DEV/GOV/2/reg/pets\r\n") {
    return std::string(start) + "X-Road-Client:DEV/COM/1/app\r\n" + std::string(lines);
}
std::string response_with(std::string_view lines, std::string_view start = "200\r\nOK\r\n") {
    return std::string(start) + "x-road-id:1\r\nx-road-request-hash:AA==\r\n" + std::string(lines);
}

}  // namespace

TEST_CASE("a request part is written to the byte of the worked example") {
    const auto part =
        write_rest_request("POST", "/r1/DEV/GOV/2222222-2/registry/pets/v2/pets?lang=en", example_fields,
                           "7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11", "DEV-0d0a4f5e-8a43-4c44-9a05-6b0f5b1c7d22");
    CHECK(part.size() == 289);
    CHECK(part == example_part);
}

TEST_CASE("a request part is read into what was asked") {
    const auto read = parse_rest_request(example_part);
    REQUIRE(read);
    CHECK(read->verb == "POST");
    CHECK(read->target == "/r1/DEV/GOV/2222222-2/registry/pets/v2/pets?lang=en");
    CHECK(read->parsed.service == pets);
    CHECK(read->parsed.path == "/v2/pets");
    CHECK(read->parsed.query == "lang=en");
    CHECK(read->client == consumer);
    CHECK(read->id == "DEV-0d0a4f5e-8a43-4c44-9a05-6b0f5b1c7d22");
    CHECK(read->request_id == "7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11");
    CHECK_FALSE(read->server);
    CHECK(read->fields.size() == 6);
    CHECK(read->fields[0] == std::pair<std::string, std::string>{"Accept", "application/json"});
}

TEST_CASE("a response part is written to the byte of the worked example, and read again") {
    const Fields fields = {{"Content-Type", "application/json"},
                           {"Location", "/v2/pets/17"},
                           {"Server", "nginx"},
                           {"Date", "Mon, 02 Feb 2026 10:15:31 GMT"},
                           {"Content-Length", "9"}};
    const auto hash =
        *from_base64("vwPWxrzYU5NzMZdCUKZVLAAJh3/S2Xoaa3cM4d5mEDdYIfK+d89/V8o8XpYS6BKGTzLIg6u9h0xX7fFsIHO+Mw==");
    const RestResponseFacts facts{"DEV-0d0a4f5e-8a43-4c44-9a05-6b0f5b1c7d22", consumer, pets,
                                  "7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11", hash};
    const auto part = write_rest_response(201, "Created", fields, facts);
    CHECK(part ==
          "201\r\nCreated\r\nContent-Type:application/json\r\nLocation:/v2/pets/17\r\nDate:Mon, 02 Feb 2026 10:15:31 "
          "GMT\r\n"
          "x-road-id:DEV-0d0a4f5e-8a43-4c44-9a05-6b0f5b1c7d22\r\nx-road-client:DEV/COM/1111111-1/app\r\n"
          "x-road-service:DEV/GOV/2222222-2/registry/pets\r\nx-road-request-id:7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11\r\n"
          "x-road-request-hash:vwPWxrzYU5NzMZdCUKZVLAAJh3/S2Xoaa3cM4d5mEDdYIfK+d89/"
          "V8o8XpYS6BKGTzLIg6u9h0xX7fFsIHO+Mw==\r\n");
    CHECK(part.size() == 406);

    const auto read = parse_rest_response(part);
    REQUIRE(read);
    CHECK(read->status == 201);
    CHECK(read->reason == "Created");
    CHECK(read->id == facts.id);
    CHECK(read->request_id == facts.request_id);
    CHECK(read->client == consumer);
    CHECK(read->service == pets);
    CHECK(read->request_hash == hash);
}

TEST_CASE("none of the thirteen skipped fields reaches a part, in whatever case") {
    int skipped = 0;
    for (const auto* name :
         {"Transfer-Encoding", "keep-alive", "Proxy-Authenticate", "PROXY-AUTHORIZATION", "TE", "Trailer", "upgrade",
          "Connection", "User-Agent", "hOST", "Content-Length", "Server", "Expect"}) {
        CHECK(is_skipped_field(name));
        const Fields fields = {{"A", "1"}, {name, "x"}, {"B", "2"}};
        CHECK(write_rest_request("GET", "/", fields, "r", "i") ==
              "GET\r\n/\r\nA:1\r\nB:2\r\nx-road-request-id:r\r\nx-road-id:i\r\n");
        CHECK_FALSE(
            contains(write_rest_response(200, "", fields, {"i", consumer, pets, "r", "h"}), std::string(name) + ":x"));
        ++skipped;
    }
    CHECK(skipped == 13);
    for (const auto* name : {"Accept", "Authorization", "Cookie", "X-Forwarded-For", "Date", "Via", "Proxy-Connection"})
        CHECK_FALSE(is_skipped_field(name));
}

TEST_CASE("a request part carries every other field in order, and none of those that we make ourselves") {
    const Fields fields = {{"X-B", "2"},          {"x-road-request-id", "forged"},
                           {"X-A", "1"},          {"X-Road-Request-Hash", "forged"},
                           {"X-B", "3"},          {"X-Empty", ""},
                           {"X-Road-Id", "mine"}, {"X-Latin", "caf\xe9"}};
    CHECK(write_rest_request("PUT", "/a?b", fields, "r", std::nullopt) ==
          "PUT\r\n/"
          "a?b\r\nX-B:2\r\nX-A:1\r\nX-B:3\r\nX-Empty:\r\nX-Road-Id:mine\r\nX-Latin:café\r\nx-road-request-id:r\r\n");
}

TEST_CASE("a response part drops what a provider says in our name") {
    const Fields fields = {
        {"X-Road-Id", "f"},         {"X-ROAD-CLIENT", "f"},       {"x-road-service", "not an identifier"},
        {"x-road-request-id", "f"}, {"x-road-request-hash", "f"}, {"X-Road-Error", "kept"}};
    const auto part = write_rest_response(500, "caf\xe9", fields, {"id", consumer, pets, "r", "\x01"});
    CHECK(part ==
          "500\r\ncafé\r\nX-Road-Error:kept\r\nx-road-id:id\r\nx-road-client:DEV/COM/1111111-1/app\r\n"
          "x-road-service:DEV/GOV/2222222-2/registry/pets\r\nx-road-request-id:r\r\nx-road-request-hash:AQ==\r\n");
}

TEST_CASE("a request part is refused as internal_error, with its reason, when it") {
    const struct {
        const char* why;
        std::string part;
        std::string_view says;
    } wrong[] = {
        {"is empty", "", "does not end in CRLF"},
        {"has one line", "GET\r\n", "does not end in CRLF"},
        {"has a verb in lower case", request_with("", "get\r\n/r1/DEV/GOV/2/reg/pets\r\n"), "no verb"},
        {"has another verb", request_with("", "CONNECT\r\n/r1/DEV/GOV/2/reg/pets\r\n"), "no verb"},
        {"has no subsystem in its target", request_with("", "GET\r\n/r1/DEV/GOV/2/pets\r\n"), "not /r1/"},
        {"has an empty target", request_with("", "GET\r\n\r\n"), "not /r1/"},
        {"has an absolute target", request_with("", "GET\r\nhttp://a/r1/DEV/GOV/2/reg/pets\r\n"), "not /r1/"},
        {"has a fragment", request_with("", "GET\r\n/r1/DEV/GOV/2/reg/pets#a\r\n"), "must be escaped"},
        {"ends in an empty line", request_with("\r\n"), "empty line"},
        {"has an empty line inside", request_with("\r\nA:1\r\n"), "empty line"},
        {"has a line without colon", request_with("A\r\n"), "without colon"},
        {"has a line without name", request_with(":1\r\n"), "no field name"},
        {"has a blank in a name", request_with("A :1\r\n"), "no field name"},
        {"has a skipped field", request_with("Host:a\r\n"), "field Host may not stand"},
        {"has a skipped field in lower case", request_with("transfer-encoding:chunked\r\n"), "may not stand"},
        {"has no client", "GET\r\n/r1/DEV/GOV/2/reg/pets\r\nA:1\r\n", "X-Road-Client is missing"},
        {"has a client behind a blank", "GET\r\n/r1/DEV/GOV/2/reg/pets\r\nX-Road-Client: DEV/COM/1\r\n",
         "must be escaped"},
        {"has a client of two parts", "GET\r\n/r1/DEV/GOV/2/reg/pets\r\nX-Road-Client:DEV/COM\r\n", "2 parts"},
        {"has a wrong last client", request_with("x-road-client:DEV\r\n"), "1 parts"},
        {"has a wrong server", request_with("X-Road-Security-Server:DEV/COM/1\r\n"), "3 parts"},
        {"represents too much", request_with("X-Road-Represented-Party:A/B/C\r\n"), "3 parts"},
        {"ends its lines in LF", "GET\n/r1/DEV/GOV/2/reg/pets\nX-Road-Client:DEV/COM/1\n", "does not end in CRLF"},
        {"has one line in LF", request_with("A:1\nB:2\r\n"), "control character"},
        {"has a CR alone", request_with("A:1\rB:2\r\n"), "control character"},
        {"has no end of its last line", request_with("A:1"), "does not end in CRLF"},
        {"has NUL in a value", request_with("A:1\0\r\n"s), "control character"},
        {"is not UTF-8", request_with("A:caf\xe9\r\n"), "not UTF-8"},
        {"is too large", request_with("A:" + std::string(70'000, 'x') + "\r\n"), "65536 are allowed"},
    };
    for (const auto& [why, part, says] : wrong) SUBCASE(why) {
            const auto read = parse_rest_request(part);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::internal_error);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("a request part passes, though it") {
    const struct {
        const char* why;
        std::string part;
        std::string_view id, request_id;
    } right[] = {
        {"has no message id", request_with(""), "", ""},
        {"has two message ids, of which the last counts", request_with("x-road-id:1\r\nX-Road-Id:2\r\n"), "2", ""},
        {"has a request id in another case, which does not count", request_with("X-Road-Request-Id:1\r\n"), "", ""},
        {"has a request id", request_with("x-road-request-id:1\r\n"), "", "1"},
        {"has blanks in a value", request_with("x-road-id: 1 2 \r\n"), " 1 2 ", ""},
        {"has a value with colons", request_with("x-road-id:a:b:c\r\n"), "a:b:c", ""},
        {"has an empty value", request_with("A:\r\n"), "", ""},
        {"has an empty represented party", request_with("X-Road-Represented-Party:\r\n"), "", ""},
        {"has a character beyond ISO-8859-1", request_with("x-road-id:€\r\n"), "€", ""},
    };
    for (const auto& [why, part, id, request_id] : right) SUBCASE(why) {
            const auto read = parse_rest_request(part);
            REQUIRE_MESSAGE(read, read.error().detail);
            CHECK(read->id == id);
            CHECK(read->request_id == request_id);
        }
    const auto twice =
        parse_rest_request(request_with("x-road-client:DEV/COM/2/last\r\nX-Road-Security-Server:DEV/GOV/2/ss%2B1\r\n"));
    REQUIRE(twice);
    CHECK(twice->client.subsystem == "last");
    CHECK(twice->server->code == "ss+1");
}

TEST_CASE("a response part is refused as internal_error, with its reason, when it") {
    const struct {
        const char* why;
        std::string part;
        std::string_view says;
    } wrong[] = {
        {"is empty", "", "does not end in CRLF"},
        {"has a status of letters", response_with("", "abc\r\nOK\r\n"), "not 100 to 999"},
        {"has a status of two digits", response_with("", "20\r\nOK\r\n"), "not 100 to 999"},
        {"has a signed status", response_with("", "+200\r\nOK\r\n"), "not 100 to 999"},
        {"has a status line", response_with("", "HTTP/1.1 200 OK\r\n\r\n"), "not 100 to 999"},
        {"has no reason line", "200\r\n", "does not end in CRLF"},
        {"has no id", "200\r\nOK\r\nx-road-request-hash:AA==\r\n", "x-road-id is missing"},
        {"has an empty id", "200\r\nOK\r\nx-road-id:\r\nx-road-request-hash:AA==\r\n", "x-road-id is missing or empty"},
        {"has no request hash", "200\r\nOK\r\nx-road-id:1\r\n", "x-road-request-hash is missing"},
        {"has a wrong client", response_with("x-road-client:A/B\r\n"), "2 parts"},
        {"has a wrong service before a right one", response_with("x-road-service:A\r\nx-road-service:A/B/C/D/E\r\n"),
         "1 parts"},
        {"has a skipped field", response_with("Server:nginx\r\n"), "field Server may not stand"},
        {"ends in an empty line", response_with("\r\n"), "empty line"},
    };
    for (const auto& [why, part, says] : wrong) SUBCASE(why) {
            const auto read = parse_rest_response(part);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::internal_error);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
    CHECK(parse_rest_response(response_with("", "200\r\n\r\n"))->reason.empty());
    CHECK(parse_rest_response(response_with(""))->request_hash == "\0"s);
    CHECK(parse_rest_response("200\r\nOK\r\nx-road-id:1\r\nx-road-request-hash:no Base64\r\n")->request_hash.empty());
}

TEST_CASE("the eight verbs of REST are known in upper case only") {
    for (const auto* verb : {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
        CHECK(is_rest_verb(verb));
    for (const auto* verb : {"CONNECT", "get", "", "GET ", "PROPFIND"}) CHECK_FALSE(is_rest_verb(verb));
}

TEST_CASE("field values travel as ISO-8859-1 outside and as UTF-8 inside") {
    CHECK(from_latin1("caf\xe9 \x80\xff") == "caf\xc3\xa9 \xc2\x80\xc3\xbf");
    CHECK(to_latin1("caf\xc3\xa9 \xc2\x80\xc3\xbf") == "caf\xe9 \x80\xff");
    CHECK(to_latin1("1 € 𝄞 2") == "1 ? ? 2");
    for (int c = 0; c < 256; ++c) {
        const std::string octet(1, static_cast<char>(c));
        CHECK(to_latin1(from_latin1(octet)) == octet);
    }
}
