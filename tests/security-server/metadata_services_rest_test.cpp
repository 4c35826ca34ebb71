// listMethods, allowedMethods and getOpenAPI: what a server tells in REST about the services behind it.
#include "security-server/admin/doors.hpp"
#include "security-server/metadata/list_clients.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

const access::Subject caller{.kind = access::Subject::Kind::client, .client = World::client()};

/// The OpenAPI service `pets` besides the REST service `permit`, described at the door of the information system.
struct Described : World {
    Described() : World({.pooled = true}) {
        change_owner([&](access::Client& owner) {
            access::Service pets{.code = "pets",
                                 .type = access::ServiceType::openapi,
                                 .url = "http://127.0.0.1:" + std::to_string(service_door->port()),
                                 .disabled = {}};
            pets.endpoints = {{"GET", "/pets/*", true}, {"POST", "/pets", false}};
            pets.description = pets.url + "/openapi.json";
            owner.services.push_back(std::move(pets));
            owner.services.push_back({.code = "soap", .type = access::ServiceType::wsdl, .disabled = {}});
            owner.rights.clear();
        });
    }
    channel::FetchAnswer ask(const std::string& code, std::string method = "GET") {
        auto answer = call(std::move(method), "/r1/ZA/GOV/202/roads/" + code);
        REQUIRE(answer);
        return *answer;
    }
    void give_rights(std::vector<access::Right> rights) {
        change_owner([&](access::Client& owner) { owner.rights = std::move(rights); });
    }
    void describe(std::string path, std::string document, std::string type, int status = 200) {
        change_owner([&](access::Client& owner) {
            owner.services[1].description = "http://127.0.0.1:" + std::to_string(service_door->port()) + path;
        });
        message::Fields fields;
        if (!type.empty()) fields.emplace_back("Content-Type", std::move(type));
        answer_with({status, std::move(fields), std::move(document)});
    }
};

std::string entry(const std::string& code, const std::string& type, const std::string& endpoints) {
    return R"({"object_type":"SERVICE","xroad_instance":"ZA","member_class":"GOV","member_code":"202",)"
           R"("subsystem_code":"roads","service_code":")" +
           code + R"(","service_type":")" + type + R"(","endpoint_list":[)" + endpoints + "]}";
}
std::string list(const std::string& entries) { return R"({"service":[)" + entries + "]}"; }

const std::string get_pets = R"({"method":"GET","path":"/pets/*"})", post_pets = R"({"method":"POST","path":"/pets"})";
const std::string described =
    R"({"openapi":"3.0.3","servers":[{"url":"https://10.0.0.1/api"},{"url":"https://{host}/api"}],"paths":{}})";

}  // namespace

TEST_CASE("REST's listMethods names REST and OpenAPI services with their endpoints, but never the whole service") {
    Described world;
    CHECK(world.ask("listMethods").body ==
          list(entry("permit", "REST", "") + ',' + entry("pets", "OPENAPI", get_pets + ',' + post_pets)));
    // An endpoint that only a right names is one as well; each is named once.
    world.give_rights({{caller, "permit"}, {caller, "permit", "GET", "/1"}, {caller, "pets", "GET", "/pets/*"}});
    CHECK(world.ask("listMethods").body == list(entry("permit", "REST", R"({"method":"GET","path":"/1"})") + ',' +
                                                entry("pets", "OPENAPI", get_pets + ',' + post_pets)));
}

TEST_CASE("REST's allowedMethods names what a right of the caller opens, and a right on the service opens all of it") {
    Described world;
    CHECK(world.ask("allowedMethods").body == list(""));
    world.give_rights({{caller, "pets", "GET", "/pets/*"}});
    CHECK(world.ask("allowedMethods").body == list(entry("pets", "OPENAPI", get_pets)));
    world.give_rights({{caller, "pets"}});
    CHECK(world.ask("allowedMethods").body == list(entry("pets", "OPENAPI", get_pets + ',' + post_pets)));
    access::Subject stranger = caller;
    stranger.client.subsystem = "customs";
    world.give_rights({{stranger, "pets"}, {caller, "soap"}});
    CHECK(world.ask("allowedMethods").body == list(""));
}

TEST_CASE("only GET asks the server itself; another verb asks for a service of that name") {
    Described world;
    for (const char* code : {"listMethods", "allowedMethods", "getOpenAPI?serviceCode=pets"})
        for (const char* verb : {"POST", "PUT", "HEAD"}) {
            CAPTURE(verb);
            const auto answer = world.ask(code, verb);
            CHECK(message::field(answer.fields, "X-Road-Error") == "server.serverproxy.unknown_service");
        }
}

TEST_CASE("getOpenAPI gives the description as it is published now, its hosts hidden") {
    Described world;
    const std::string hidden =
        R"({"openapi":"3.0.3","servers":[{"url":"/api"},{"url":"https://{host}/api"}],"paths":{}})";
    const std::string yaml = "openapi: 3.0.3\nservers:\n  - url: https://10.0.0.1/api # inside\npaths: {}\n";
    const std::string hidden_yaml = "openapi: 3.0.3\nservers:\n  - url: /api # inside\npaths: {}\n";
    const struct {
        const char* what;
        std::string path, document, type, told, told_type;
    } rows[] = {
        {"JSON by its type", "/openapi", described, "application/json; charset=utf-8", hidden,
         "application/json; charset=utf-8"},
        {"JSON by its address", "/openapi.json", described, "", hidden, "text/plain"},
        {"YAML by its type", "/openapi.json", yaml, "application/x-yaml", hidden_yaml, "application/x-yaml"},
        {"YAML where nothing says otherwise", "/openapi", yaml, "text/yaml", hidden_yaml, "text/yaml"},
    };
    for (const auto& [what, path, document, type, told, told_type] : rows) {
        CAPTURE(what);
        world.describe(path, document, type);
        const auto answer = world.ask("getOpenAPI?SERVICECODE=pets");
        CHECK(answer.status == 200);
        CHECK(answer.body == told);
        CHECK(message::field(answer.fields, "Content-Type") == told_type);
    }
    CHECK(world.seen_by_service().size() == std::size(rows));
    CHECK(world.seen_by_service().back().head.target == "/openapi");
    CHECK(world.provider_server.records() == 2 * std::size(rows));  // each signed and recorded
}

TEST_CASE("getOpenAPI is refused, with its reason, when") {
    Described world;
    const struct {
        const char* what;
        std::string query;
        std::string_view code, says;
    } rows[] = {
        {"no service is named", "", "invalid_request", "serviceCode"},
        {"the name is empty", "?serviceCode=", "invalid_request", "serviceCode"},
        {"there is no such service", "?serviceCode=other", "internal_error", "Service not found"},
        {"it is plain REST", "?serviceCode=permit", "internal_error", "Invalid service type"},
        {"it is a SOAP service", "?serviceCode=soap", "internal_error", "Invalid service type"},
    };
    for (const auto& [what, query, code, says] : rows) {
        CAPTURE(what);
        const auto answer = world.ask("getOpenAPI" + query);
        CHECK(error_code(answer) == "server.serverproxy." + std::string(code));
        CHECK(contains(answer.body, says));
    }
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("an OpenAPI description that cannot be had, or not be told safely, is an internal error, when") {
    Described world;
    const struct {
        const char* what;
        std::string document;
        int status;
        std::string_view says;
    } rows[] = {
        {"it has moved", described, 302, "status 302"},
        {"it is not there", described, 404, "status 404"},
        {"it is of another version", R"({"openapi":"2.0","paths":{}})", 200, ""},
        {"it is neither JSON nor YAML", "{", 200, ""},
        {"it is longer than 10 MiB", std::string(10 * 1024 * 1024 + 1, ' '), 200, ""},
    };
    for (const auto& [what, document, status, says] : rows) {
        CAPTURE(what);
        world.describe("/openapi.json", document, "application/json", status);
        const auto before = world.seen_by_service().size();
        const auto answer = world.ask("getOpenAPI?serviceCode=pets");
        CHECK(error_code(answer) == "server.serverproxy.internal_error");
        CHECK(contains(answer.body, says));
        CHECK(world.seen_by_service().size() == before + 1);
    }
}

TEST_CASE("listClients is answered by the caller's own server, and leaves no record there or elsewhere") {
    World world;
    admin::InsideRoutes routes;
    routes.messages = [&](channel::Exchange& exchange) { return world.consumer->answer(exchange); };
    routes.clients = [&](channel::Exchange& exchange) { return metadata::answer_list_clients(exchange, world.view); };
    const auto route = [&](channel::Exchange& exchange) { return admin::route_inside(exchange, routes); };
    auto door = channel::Listener::open(world.threads, {.name = "inside", .address = "127.0.0.1"}, route);
    REQUIRE(door);
    world.consumer_door = std::move(*door);
    const auto answer = world.call("GET", "/listClients");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(contains(answer->body, "clientList"));
    CHECK(world.connections_seen == 0);
    CHECK(world.consumer_server.records() == 0);
    CHECK(world.provider_server.records() == 0);
    // The same door still carries messages.
    CHECK(world.get()->status == 200);
    CHECK(world.consumer_server.records() == 2);
}
