#include "schemas/description/openapi.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::description;
using tests::contains;

namespace {

/// An OpenAPI document in YAML with these paths.
std::string with_paths(std::string_view paths) {
    return fmt::format("openapi: 3.0.3\ninfo:\n  title: Pets\nservers:\n  - url: https://host/api\npaths:\n{}", paths);
}

OpenApi read(std::string_view text, Format format = Format::yaml) {
    const auto read = read_openapi(text, format);
    REQUIRE_MESSAGE(read, read.error().detail);
    return *read;
}

const std::vector<std::string> no_warnings;

}  // namespace

TEST_CASE("each operation of each path is an endpoint; title and first server are the service's") {
    const std::vector<Endpoint> expected{{"GET", "/pets"}, {"POST", "/pets"}, {"DELETE", "/pets/*"}};
    const std::string_view yaml = R"(%YAML 1.2
---
openapi: "3.0.1"
info: {title: 'Pets', version: 1.0}   # who is here
servers:
  - url: https://one.example/api/v1
  - url: https://two.example/
x-anything: {get: {}}
paths:
  /pets:
    summary: All of them
    servers: [{url: https://three.example}]
    get: {responses: {'200': {description: OK}}}
    post: {}
  /pets/{id}:
    parameters: [{name: id, in: path}]
    delete: {}
  x-not-a-path: {get: {}}
...
)";
    const std::string_view json =
        R"({"openapi": "3.1.0", "info": {"title": "P\u0065ts"}, "servers": [{"url": "https:\/\/one.example/api/v1"}],
        "paths": {"/pets": {"get": {"deprecated": true}, "post": {"x": [1, -2.5e3, null, 18446744073709551616]}},
                  "\/pets/{id}": {"delete": {"parameters": [{"name": "id", "in": "path"}]}}}})";
    for (const auto& document : {read(yaml), read(json, Format::json), read(json, Format::yaml)}) {
        CHECK(document.title == "Pets");
        CHECK(document.url == "https://one.example/api/v1");
        CHECK(document.endpoints == expected);
        CHECK(document.warnings == no_warnings);
    }
    CHECK(read(yaml).version == "3.0.1");
}

TEST_CASE("all eight methods are read, in the order of the document") {
    const auto document = read(
        with_paths("  /a: {trace: {}, options: {}, head: {}, patch: {}, delete: {}, post: {}, put: {}, get: {}}\n"));
    std::vector<Endpoint> expected;
    for (const auto* method : {"TRACE", "OPTIONS", "HEAD", "PATCH", "DELETE", "POST", "PUT", "GET"})
        expected.push_back({method, "/a"});
    CHECK(document.endpoints == expected);
}

TEST_CASE("within a segment, the text from the first '{' to the last '}' becomes one '*'") {
    struct {
        const char *path, *pattern;
    } const rows[] = {
        {"/a/{b}", "/a/*"},
        {"/{a}/{b}", "/*/*"},
        {"/a.{b}-{c}.json", "/a.*.json"},
        {"/{a}{b}/c/", "/*/c/"},
        {"/a/}{/b", "/a/}{/b"},
        {"/a{/b}", "/a{/b}"},
        {"/{a/{b}", "/{a/*"},
        {"/", "/"},
        {"/a{{b}}c", "/a*c"},
        {"/{}", "/*"},
    };
    for (const auto& row : rows) SUBCASE(row.path) {
            const auto document = read(with_paths(fmt::format("  '{}': {{get: {{}}}}\n", row.path)));
            CHECK(document.endpoints == std::vector<Endpoint>{{"GET", row.pattern}});
        }
}

TEST_CASE("versions 3.0.x and exactly 3.1.0 are read; every other one is refused by its name") {
    const auto with = [](std::string_view first) {
        return read_openapi(fmt::format("{}\npaths: {{}}\n", first), Format::yaml);
    };
    for (const auto* version : {"3.0.0", "'3.0.4'", "3.0.10", "3.1.0", "\"3.1.0\""})
        CHECK(with(fmt::format("openapi: {}", version)));
    struct {
        const char *first, *says;
    } const wrong[] = {
        {"swagger: '2.0'", "Swagger 2.0"},
        {"openapi: 2.0.0", "version is '2.0.0'"},
        {"openapi: 3.1.1", "version is '3.1.1'"},
        {"openapi: 3.2.0", "version is '3.2.0'"},
        {"openapi: 3.0", "version is '3.0'"},
        {"openapi: 3.0.", "version is '3.0.'"},
        {"openapi: 3.0.x", "version is '3.0.x'"},
        {"openapi: 4.0.0", "version is '4.0.0'"},
        {"openapi: ", "'openapi' is nothing where a text is needed"},
        {"openapi: [3]", "'openapi' is a list"},
        {"title: x", "no 'openapi'"},
    };
    for (const auto& row : wrong) SUBCASE(row.first) {
            const auto refused = with(row.first);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(refused.error().detail, row.says), refused.error().detail);
        }
}

TEST_CASE("the service's address is the first server, as written") {
    struct {
        const char *servers, *url;
    } const rows[] = {
        {"servers: [{url: https://a/b}, {url: https://c}]", "https://a/b"},
        {"servers: [{url: '/v1'}]", "/v1"},
        {"servers: [{url: ''}]", ""},
        {"servers: [{url: 'https://{host}/', variables: {host: {default: a}}}]", "https://{host}/"},
        {"servers: []", "/"},
        {"servers:", "/"},
        {"x: y", "/"},
    };
    for (const auto& row : rows) SUBCASE(row.servers) {
            const auto document =
                read(fmt::format("openapi: 3.0.0\ninfo: {{title: a}}\npaths: {{}}\n{}\n", row.servers));
            CHECK(document.url == row.url);
            CHECK(document.warnings == no_warnings);
        }
}

TEST_CASE("an OpenAPI document is refused, with its reason, when") {
    struct {
        const char *why, *rest, *says;
    } const wrong[] = {
        {"servers is a map", "servers: {url: https://a}", "'servers' is a map where a list is needed"},
        {"a server is a text", "servers: [https://a]", "'servers[0]' is a text where a map is needed"},
        {"a server has no url", "servers: [{}]", "'servers[0]' has no 'url'"},
        {"a server's url is null", "servers: [{url: null}]", "'servers[0].url' is nothing where a text is needed"},
        {"a server's url is a list", "servers: [{url: [a]}]", "'servers[0].url' is a list"},
        {"paths is a list", "paths: []", "'paths' is a list where a map is needed"},
    };
    for (const auto& row : wrong) SUBCASE(row.why) {
            const auto refused = read_openapi(fmt::format("openapi: 3.0.0\n{}\n", row.rest), Format::yaml);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(refused.error().detail, row.says), refused.error().detail);
        }
    SUBCASE("it is a list") {
        const auto refused = read_openapi("[]", Format::json);
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "'the document' is a list"));
    }
}

TEST_CASE("what was left out or looks wrong is a warning, and the rest is read:") {
    struct {
        const char *why, *paths, *says;
        std::vector<Endpoint> endpoints;
    } const rows[] = {
        {"an operation that there is not",
         "  /a: {get: {}, fetch: {}}",
         "The path '/a' has 'fetch', which is no operation",
         {{"GET", "/a"}}},
        {"a method in capitals", "  /a: {GET: {}}", "has 'GET', which is no operation", {}},
        {"a path without leading slash", "  a: {get: {}}", "'a' does not begin with '/'", {}},
        {"a control character in a path",
         "  \"/a\\u001b[1m\": {get: {}}",
         "The path '/a [1m' holds control characters",
         {}},
        {"a query in a path", "  /a?b: {get: {}}", "holds '?' or '#'", {}},
        {"a star in a path", "  /a*: {get: {}}", "holds '*'", {{"GET", "/a*"}}},
        {"endpoints that fall together",
         "  /a/{b}: {get: {parameters: [{in: path, name: b}]}}\n  /a/{c}: {get: {parameters: [{in: path, name: c}]}}",
         "GET /a/{c} is the same endpoint as another path: /a/*",
         {{"GET", "/a/*"}}},
        {"a path item elsewhere",
         "  /a: {$ref: 'other.yaml#/a'}",
         "refers elsewhere ($ref), which is not followed",
         {}},
        {"a path item that leads to itself", "  /a: {$ref: '#/paths/~1a', get: {}}", "not followed", {{"GET", "/a"}}},
        {"a path item that is no map", "  /a: yes", "The path '/a' is a text where a map is needed", {}},
        {"an operation that is no map",
         "  /a: {get: [], put: {}}",
         "GET /a is a list where a map is needed",
         {{"PUT", "/a"}}},
        {"a path parameter that nobody declares",
         "  /a/{b}: {get: {}}",
         "GET /a/{b}: the path parameter 'b' is not declared",
         {{"GET", "/a/*"}}},
        {"a parameter of the query with that name",
         "  /a/{b}: {get: {parameters: [{in: query, name: b}]}}",
         "'b' is not declared",
         {{"GET", "/a/*"}}},
    };
    for (const auto& row : rows) SUBCASE(row.why) {
            const auto document = read(with_paths(row.paths));
            REQUIRE(document.warnings.size() == 1);
            CHECK_MESSAGE(contains(document.warnings[0], row.says), document.warnings[0]);
            CHECK(document.endpoints == row.endpoints);
        }
}

TEST_CASE("a path parameter may be declared for the path, for the operation, or among the components") {
    const std::string_view paths[] = {
        "  /a/{b}: {parameters: [{in: path, name: b}], get: {}}",
        "  /a/{b}: {get: {parameters: [{in: path, name: b}]}}",
        "  /a/{b}: {get: {parameters: [{$ref: '#/components/parameters/p'}]}}\ncomponents: {parameters: {p: {in: path, "
        "name: b}}}",
        // What a reference leads to may be anything, so nothing is said of it.
        "  /a/{b}: {get: {parameters: [{$ref: 'other.yaml#/p'}]}}",
        "  /a/{b}: {get: {parameters: [{$ref: '#/components/parameters/p'}]}}\ncomponents: {parameters: {p: {$ref: "
        "'#/components/parameters/p'}}}",
    };
    for (const auto row : paths) CHECK(read(with_paths(row)).warnings == no_warnings);
}

TEST_CASE("a document that lacks what people need says so") {
    CHECK(read("openapi: 3.0.0\ninfo: {title: a}\n").warnings == std::vector<std::string>{"There are no paths."});
    CHECK(read("openapi: 3.1.0\ninfo: {title: a}\n").warnings == no_warnings);
    CHECK(read("openapi: 3.0.0\npaths: {}\n").warnings == std::vector<std::string>{"There is no title (info.title)."});
    const auto document = read("openapi: 3.0.0\ninfo: {title: a}\npaths: {}\nservers: [{url: 'https://{h}/'}]\n");
    CHECK(document.warnings ==
          std::vector<std::string>{"The variable 'h' of the first server is not declared in 'variables'."});
}

TEST_CASE("of many warnings the first hundred are kept, and how many more there were") {
    std::string paths;
    for (int number = 0; number < 150; ++number) paths += fmt::format("  a{}: {{}}\n", number);
    const auto document = read(with_paths(paths));
    REQUIRE(document.warnings.size() == 101);
    CHECK(document.warnings.back() == "There are 50 more warnings.");
}

TEST_CASE("10,000 endpoints are read, and one more is not") {
    const auto with = [](std::size_t count) {
        std::string paths;
        for (std::size_t number = 0; number < count; ++number) paths += fmt::format("  /{}: {{get: {{}}}}\n", number);
        return read_openapi(with_paths(paths), Format::yaml);
    };
    CHECK(with(most_services).value().endpoints.size() == most_services);
    const auto refused = with(most_services + 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::too_large);
    CHECK(contains(refused.error().detail, "too many endpoints (limit 10000)"));
}

TEST_CASE("aliases that put one path item below every path cost little") {
    std::string item = "x: &x {get: {}";
    for (int field = 0; field < 2'000; ++field) item += fmt::format(", x-{}: a", field);
    std::string paths;
    for (int number = 0; number < 10'000; ++number) paths += fmt::format("  /{}: *x\n", number);
    const tests::Effort effort;
    const auto refused = read_openapi(fmt::format("openapi: 3.0.0\n{}}}\npaths:\n{}", item, paths), Format::yaml);
    CHECK(effort.within(std::chrono::seconds(5)));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::too_large);
    CHECK(contains(refused.error().detail, "the paths repeat too much"));
    CHECK(mask_openapi_servers(fmt::format("openapi: 3.0.0\n{}}}\npaths:\n{}", item, paths), Format::yaml));
}

TEST_CASE("the format of a description follows its content type, then its address") {
    struct {
        const char *content_type, *url;
        Format format;
    } const rows[] = {
        {"application/json", "http://h/a.yaml", Format::json},
        {"Application/JSON; charset=utf-8", "http://h/a", Format::json},
        {"application/x-yaml", "http://h/a.json", Format::yaml},
        {"application/x-yaml; charset=utf-8", "http://h/a.json", Format::json},  // not exactly: the address decides
        {"text/plain", "http://h/a.json", Format::json},
        {"text/plain", "http://h/a.json?b=c", Format::json},
        {"text/plain", "http://h/a?b=c.json", Format::yaml},
        {"", "http://h/a.yml", Format::yaml},
        {"", "http://h/a.json", Format::json},
        {"application/yaml", "http://h/", Format::yaml},
    };
    for (const auto& row : rows) {
        CAPTURE(row.content_type);
        CAPTURE(row.url);
        CHECK(format_of(row.content_type, row.url) == row.format);
    }
}

TEST_CASE("what people read holds nothing that a terminal would obey, and is short") {
    const auto document = read("openapi: 3.0.0\ninfo: {title: \"a\\e[1mb\\u009bc\\nd\"}\npaths: {}\n");
    CHECK(document.title == "a [1mb c d");
    const auto refused = read_openapi("openapi: '" + std::string(199, 'a') + "\xc3\xa4\"}'", Format::yaml);
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().detail, "'" + std::string(199, 'a') + "…';"));
}

TEST_CASE("JSON that calls itself YAML is read as JSON") {
    const auto document =
        read("\n{\"openapi\": \"3.0.0\",\n\t\"info\": {\"title\": \"\\ud83d\\ude00\"}, \"paths\": {}}");
    CHECK(document.title == "\xf0\x9f\x98\x80");
}
