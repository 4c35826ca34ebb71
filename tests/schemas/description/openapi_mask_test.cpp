#include "schemas/description/openapi.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::description;
using tests::contains;

namespace {

std::string masked(std::string_view text, Format format) {
    const auto masked = mask_openapi_servers(text, format);
    REQUIRE_MESSAGE(masked, masked.error().detail);
    return *masked;
}

/// `row` with its first line around `text`, in place of '@'.
std::string put(std::string_view row, std::string_view text) {
    std::string whole(row);
    return whole.replace(whole.find('@'), 1, text);
}

}  // namespace

TEST_CASE("an address is replaced by its path, in JSON as in YAML, and what holds a variable stays") {
    struct {
        std::string_view url, path;
    } const rows[] = {
        {"https://host/api", "/api"},
        {"http://user:word@10.0.0.1:8080/a/b/", "/a/b/"},
        {"https://host/a?b=c#d", "/a"},
        {"https://host", ""},
        {"https://host/", "/"},
        {"//host/a", "/a"},
        {"HTTPS://HOST/A%20b", "/A%20b"},
        {"https://[::1]/a", "/a"},
        {"https://host/\xc3\xb5", "/\xc3\xb5"},
        {"https://{host}/api", "https://{host}/api"},
        {"https://host/{version}", "https://host/{version}"},
        {"/api", "/api"},
        {"api?b", "api?b"},
        {"", ""},
    };
    for (const auto& row : rows) {
        const std::string_view json =
            R"({"openapi":"3.0.0", "servers" : [ {"url" :"@", "description":"https://host/api"} ]})";
        const std::string_view yaml =
            "openapi: 3.0.0\nservers:\n  - url: \"@\" # https://host/api\n    x: https://host/api\n";
        CAPTURE(row.url);
        CHECK(masked(put(json, row.url), Format::json) == put(json, row.path));
        CHECK(masked(put(yaml, row.url), Format::yaml) == put(yaml, row.path));
    }
}

TEST_CASE("in YAML an address may be written in every way, and keeps its way where it can") {
    struct {
        const char *before, *after;
    } const rows[] = {
        {"servers:\n- url: https://host/api # c\n", "servers:\n- url: /api # c\n"},
        {"servers:\n- url: 'https://host/api'\n", "servers:\n- url: '/api'\n"},
        {"servers:\n- url: \"https:\\u002f/host/api\"\n", "servers:\n- url: \"/api\"\n"},
        {"servers:\r\n- url: https://host/api\r\n  a: b\r\n", "servers:\r\n- url: /api\r\n  a: b\r\n"},
        {"servers: [{url: https://host/api},{url: 'https://host'}]\n", "servers: [{url: /api},{url: ''}]\n"},
        {"servers: [{\"url\":\"https://host/api\"}]\n", "servers: [{\"url\":\"/api\"}]\n"},
        {"servers:\n- url: https://host\n", "servers:\n- url: \"\"\n"},
        {"servers:\n- url: >-\n    https://host/api\n\n  a: b\n", "servers:\n- url: \"/api\"\n\n  a: b\n"},
        {"servers:\n- url: |\n    https://host/api\n  a: b\n", "servers:\n- url: \"/api\\u000a\"\n  a: b\n"},
        {"servers:\n- url: |-\n    https://host/api", "servers:\n- url: \"/api\""},
        {"servers:\n- url:\n    https://host/api\n", "servers:\n- url:\n    /api\n"},
        {"servers:\n- ? url\n  : https://host/api\n", "servers:\n- ? url\n  : /api\n"},
        {"servers:\n- url: !!str https://host/api\n", "servers:\n- url: !!str /api\n"},
        {"servers:\n- url: &a https://host/api\n- url: *a\n", "servers:\n- url: &a /api\n- url: *a\n"},
        {"servers:\n- url: &a !!str # c\n    'https://host/api'\n", "servers:\n- url: &a !!str # c\n    '/api'\n"},
        {"x: &a https://host/api\nservers: [{url: *a}]\n", "x: &a /api\nservers: [{url: *a}]\n"},
        {"x: &s [{url: https://host/api}]\nservers: *s\n", "x: &s [{url: /api}]\nservers: *s\n"},
        {"x: &s {url: https://host/api}\nservers: [{<<: *s}]\n", "x: &s {url: /api}\nservers: [{<<: *s}]\n"},
        {"servers:\n- url: https://host/a b\n", "servers:\n- url: \"/a b\"\n"},
        {"servers:\n- url: https://host/a'b\"\\c\n", "servers:\n- url: \"/a'b\\\"\\\\c\"\n"},
        {"\xc3\xb5: \xe2\x82\xac \xf0\x9f\x98\x80\nservers:\n- url: https://host/api\n\xc3\xa4: b",
         "\xc3\xb5: \xe2\x82\xac \xf0\x9f\x98\x80\nservers:\n- url: /api\n\xc3\xa4: b"},
    };
    for (const auto& row : rows) {
        for (const std::string front :
             {"openapi: 3.0.0\n", "\xef\xbb\xbfopenapi: 3.0.0\n", "%YAML 1.1\n---\nopenapi: 3.0.0\n"}) {
            CAPTURE(row.before);
            CHECK(masked(front + row.before, Format::yaml) == front + row.after);
        }
    }
}

TEST_CASE("servers of paths and operations lose their hosts too, and nothing else does") {
    const std::string_view text =
        R"({"openapi": "3.1.0", "servers": [{"url": "https://h/0"}], "externalDocs": {"url": "https://h/docs"},
        "paths": {"/a": {"servers": [{"url": "https://h/1"}], "get": {"servers": [{"url": "https://h/2"}, {"url": "https://h/3"}],
                  "responses": {"200": {"example": {"servers": [{"url": "https://h/example"}]}}}}}},
        "webhooks": {"w": {"post": {"servers": [{"url": "https://h/4"}]}}},
        "components": {"pathItems": {"i": {"servers": [{"url": "https://h/5"}]}}, "schemas": {"servers": [{"url": "https://h/schema"}]}}})";
    const auto after = masked(text, Format::json);
    for (const auto* hidden : {"h/0", "h/1", "h/2", "h/3", "h/4", "h/5"}) CHECK_FALSE(contains(after, hidden));
    for (const auto* kept : {"https://h/docs", "https://h/example", "https://h/schema"}) CHECK(contains(after, kept));
    CHECK(after.size() == text.size() - 6 * std::string_view("https://h").size());
}

TEST_CASE("a server that has no address of text stays as it is") {
    const std::string_view yaml =
        "openapi: 3.0.0\nservers:\n- url: null\n- url:\n- url: ''\n- url: [https://h/a]\n- https://h/a\n- {}\n- url: "
        "{url: https://h/a}\n";
    CHECK(masked(yaml, Format::yaml) == yaml);
    const std::string_view json =
        R"({"openapi":"3.0.0","servers":[{"url":null},{"url":1},{"url":["https://h/a"]},[],"https://h/a"]})";
    CHECK(masked(json, Format::json) == json);
    CHECK(masked("openapi: 3.0.0\nservers: https://h/a\n", Format::yaml) == "openapi: 3.0.0\nservers: https://h/a\n");
}

TEST_CASE("hosts are hidden in any version 3, and in nothing else") {
    for (const auto* version : {"3.0.0", "3.1.1", "3.2.0", "3.0"})
        CHECK(mask_openapi_servers(fmt::format("openapi: '{}'", version), Format::yaml));
    for (const auto* document : {"swagger: '2.0'", "openapi: '2.0'", "openapi: [3.0]", "a: b", "[]", "text"}) {
        const auto refused = mask_openapi_servers(document, Format::yaml);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::invalid_argument);
        CHECK(contains(refused.error().detail, "no OpenAPI description of a version 3"));
    }
}
