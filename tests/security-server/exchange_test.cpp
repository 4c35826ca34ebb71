// Whole REST exchanges through two security servers.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace onceway;
using namespace onceway::tests;

namespace {

std::string value(const message::Fields& fields, std::string_view name) {
    return std::string(message::field(fields, name).value_or("(none)"));
}

}  // namespace

TEST_CASE("a GET goes through both servers, and both keep question and answer") {
    World world;
    auto answer = world.get("/v1/1?lang=en", {{"X-Road-Id", "id-1"}, {"Accept", "application/json"}});
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "{\"ok\":true}");
    CHECK(value(answer->fields, "x-road-id") == "id-1");
    CHECK(value(answer->fields, "x-road-client") == "ZA/GOV/101/tax");
    CHECK(value(answer->fields, "x-road-service") == "ZA/GOV/202/roads/permit");
    CHECK(value(answer->fields, "Content-Type") == "application/json");
    CHECK(message::count_fields(answer->fields, "Date") == 1);
    CHECK(message::count_fields(answer->fields, "Server") == 0);
    CHECK(world.consumer_server.records() == 2);
    CHECK(world.provider_server.records() == 2);
    CHECK(world.consumer_server.log->find(World::client(), "id-1")->size() == 2);
    CHECK(world.provider_server.log->find(World::owner(), "id-1")->size() == 2);

    const auto seen = world.seen_by_service();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].head.method == "GET");
    CHECK(seen[0].head.target == "/v1/1?lang=en");
    CHECK(value(seen[0].head.fields, "X-Road-Client") == "ZA/GOV/101/tax");
    CHECK(value(seen[0].head.fields, "X-Road-Id") == "id-1");
    CHECK(value(seen[0].head.fields, "x-road-request-id") == value(answer->fields, "x-road-request-id"));
    CHECK(value(seen[0].head.fields, "Accept") == "application/json");
}

TEST_CASE("bodies of any size arrive unchanged in both directions") {
    World world;
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{22}, std::size_t{65'536}, std::size_t{65'537}, std::size_t{3'000'000}}) {
        CAPTURE(size);
        std::string body(size, 'x');
        for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 >> 3);
        world.answer_with({200, {{"Content-Type", "application/octet-stream"}}, body});
        auto answer = world.call("POST", World::target("/v1"), {{"Content-Type", "application/octet-stream"}}, body);
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == body);
        CHECK(world.seen_by_service().back().body == body);
    }
}

TEST_CASE("every verb passes, and only POST, PUT and PATCH carry their body to the service") {
    World world;
    struct {
        const char* verb;
        std::string body, arrives;
    } const rows[] = {
        {"GET", "", ""},          {"GET", "dropped", ""},  {"HEAD", "", ""},          {"OPTIONS", "", ""},
        {"TRACE", "", ""},        {"DELETE", "", ""},      {"DELETE", "dropped", ""}, {"POST", "", ""},
        {"POST", "kept", "kept"}, {"PUT", "kept", "kept"}, {"PATCH", "kept", "kept"},
    };
    for (const auto& [verb, body, arrives] : rows) {
        CAPTURE(verb);
        CAPTURE(body);
        auto answer = world.call(verb, World::target(), {}, body);
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == (std::string(verb) == "HEAD" ? "" : "{\"ok\":true}"));
        const auto seen = world.seen_by_service().back();
        CHECK(seen.head.method == verb);
        CHECK(seen.head.target == "/");
        CHECK(seen.body == arrives);
        const bool carries = std::string(verb).starts_with('P');
        CHECK(value(seen.head.fields, "Content-Length") == (carries ? std::to_string(arrives.size()) : "(none)"));
    }
}

TEST_CASE("whatever status and headers the service answers with reach the information system") {
    World world;
    for (const int status : {201, 204, 205, 301, 304, 404, 500, 503}) {
        CAPTURE(status);
        const bool bodiless = status == 204 || status == 205 || status == 304;
        world.answer_with({status,
                           {{"Location", "/elsewhere"},
                            {"Set-Cookie", "a=1"},
                            {"Set-Cookie", "b=2"},
                            {"X-Empty", ""},
                            {"X-Latin", "\xE9"},
                            {"Server", "hidden"},
                            {"X-Road-Service", "not/a/service"},
                            {"Date", "Mon, 02 Feb 2026 10:15:31 GMT"}},
                           bodiless ? "" : "text"});
        auto answer = world.get();
        REQUIRE(answer);
        CHECK(answer->status == status);
        CHECK(answer->body == (bodiless ? "" : "text"));
        CHECK(value(answer->fields, "Location") == "/elsewhere");
        CHECK(message::count_fields(answer->fields, "Set-Cookie") == 2);
        CHECK(value(answer->fields, "X-Empty") == "");
        CHECK(value(answer->fields, "X-Latin") == "\xE9");
        CHECK(value(answer->fields, "Date") == "Mon, 02 Feb 2026 10:15:31 GMT");
        CHECK(message::count_fields(answer->fields, "Date") == 1);
        CHECK(message::count_fields(answer->fields, "Server") == 0);
        CHECK(value(answer->fields, "x-road-service") == "ZA/GOV/202/roads/permit");
    }
}

TEST_CASE("headers of the information system arrive in order, without those of the connection") {
    World world;
    auto answer = world.call("GET", World::target(),
                             {{"X-Road-Client", "ZA/GOV/101/tax"},
                              {"B", "2"},
                              {"A", "1"},
                              {"B", "3"},
                              {"X-Road-UserId", "someone"},
                              {"X-Road-Request-Id", "theirs"},
                              {"X-Road-Request-Hash", "theirs"},
                              {"User-Agent", "curl"},
                              {"X-Latin", "\xE9"}});
    REQUIRE(answer);
    const auto fields = world.seen_by_service().front().head.fields;
    std::string order;
    for (const auto& [name, content] : fields)
        if (name == "A" || name == "B") order += name + content;
    CHECK(order == "B2A1B3");
    CHECK(value(fields, "X-Road-UserId") == "someone");
    CHECK(message::count_fields(fields, "X-Road-Request-Id") == 1);
    CHECK(value(fields, "X-Road-Request-Id") != "theirs");
    CHECK(message::count_fields(fields, "X-Road-Request-Hash") == 0);
    CHECK_FALSE(contains(value(fields, "User-Agent"), "curl"));
    CHECK(value(fields, "X-Latin") == "\xE9");
    CHECK(value(fields, "x-road-id").starts_with("ZA-"));
}

TEST_CASE("a path is forwarded as it was written") {
    World world;
    for (const char* path : {"", "/", "/a%20b", "/a%25b", "/a%2db", "/%C3%A4?x=%2F..", "/a;v=1?"}) {
        CAPTURE(path);
        auto answer = world.get(path);
        REQUIRE(answer);
        CHECK(answer->status == 200);
        const std::string wanted = path;
        CHECK(world.seen_by_service().back().head.target == (wanted.starts_with('/') ? wanted : "/" + wanted));
    }
}

TEST_CASE("kept connections carry many messages, and each is judged by the configuration of its moment") {
    World world({.pooled = true});
    for (int i = 0; i < 20; ++i) {
        auto answer = world.call("POST", World::target(), {}, "body");
        REQUIRE(answer);
        CHECK(answer->status == 200);
    }
    CHECK(world.consumer_server.records() == 40);

    // The provider's certificate is withdrawn: the connection that is open does not help it.
    auto shared = world.shared();
    shared.servers[1].auth_certificate_hashes.clear();
    world.set_view(shared);
    auto refused = world.get();
    REQUIRE(refused);
    CHECK(error_code(*refused) == "server.clientproxy.ssl_authentication_failed");

    world.set_view();
    world.consumer->renew();
    auto again = world.get();
    REQUIRE(again);
    CHECK(again->status == 200);
}

TEST_CASE("many information systems at once are all answered, each with its own answer, and every message is kept") {
    for (const bool pooled : {false, true}) {
        CAPTURE(pooled);
        World world({.pooled = pooled});
        constexpr int systems = 8, calls = 15;
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int system = 0; system < systems; ++system)
            threads.emplace_back([&world, &wrong, system] {
                for (int call = 0; call < calls; ++call) {
                    const std::string id = std::to_string(system) + '-' + std::to_string(call);
                    auto answer = world.call("POST", World::target(), {{"X-Road-Id", id}}, "body of " + id);
                    if (!answer || answer->status != 200 || value(answer->fields, "x-road-id") != id) ++wrong;
                }
            });
        // Meanwhile the configuration is renewed, and our certificate with it.
        for (int i = 0; i < 10; ++i) {
            world.set_view();
            world.consumer->renew();
            CHECK(world.get());
        }
        for (auto& thread : threads) thread.join();
        CHECK(wrong == 0);
        CHECK(world.consumer_server.records() == 2 * (systems * calls + 10));
        CHECK(world.provider_server.records() == 2 * (systems * calls + 10));
        CHECK(world.seen_by_service().size() == systems * calls + 10);
    }
}

TEST_CASE("of two addresses the one that answers is used") {
    World world;
    auto shared = world.shared();
    auto other = shared.servers[1];
    other.id.code = "ss3";
    other.address = leased_address();  // nobody listens there
    shared.servers.push_back(other);
    world.set_view(shared);
    for (int i = 0; i < 4; ++i) {
        auto answer = world.get();
        REQUIRE(answer);
        CHECK(answer->status == 200);
    }
}

TEST_CASE("of two servers only the one that is named is asked, and never one in maintenance") {
    World world;
    auto shared = world.shared();
    auto other = shared.servers[1];
    other.id.code = "ss3";
    other.address = leased_address();  // nobody listens there: whoever asks it hears of it
    shared.servers.push_back(other);
    struct {
        const char* named;
        std::size_t in_maintenance;  // 0: none
        const char* code;
    } const rows[] = {
        {"ZA/GOV/202/ss2", 0, "none"},
        {"ZA/GOV/202/ss3", 0, "server.clientproxy.network_error"},
        {"", 2, "none"},
        {"", 1, "server.clientproxy.network_error"},
        {"ZA/GOV/202/ss3", 2, "server.clientproxy.maintenance_mode"},
    };
    for (const auto& [named, in_maintenance, code] : rows) {
        CAPTURE(named);
        CAPTURE(in_maintenance);
        auto now = shared;
        if (in_maintenance != 0) now.servers[in_maintenance].maintenance = "back at noon";
        world.set_view(now);
        message::Fields fields{{"X-Road-Client", "ZA/GOV/101/tax"}};
        if (*named != 0) fields.emplace_back("X-Road-Security-Server", named);
        auto answer = world.get("/1", fields);
        REQUIRE(answer);
        CHECK(error_code(*answer) == code);
        if (std::string_view(code).ends_with("maintenance_mode")) CHECK(contains(answer->body, "back at noon"));
    }
}

TEST_CASE("servers say what services they have, without a right but signed and recorded") {
    World world;
    world.change_owner([](access::Client& owner) {
        owner.rights = {
            {{.kind = access::Subject::Kind::client, .client = World::client()}, "permit", "GET", "/pets/*"}};
        owner.services.push_back({.code = "closed", .type = access::ServiceType::openapi, .url = "http://127.0.0.1:1"});
        owner.services.push_back({.code = "soap", .type = access::ServiceType::wsdl});
    });
    auto all = world.call("GET", "/r1/ZA/GOV/202/roads/listMethods");
    REQUIRE(all);
    CHECK(
        all->body ==
        R"({"service":[{"object_type":"SERVICE","xroad_instance":"ZA","member_class":"GOV","member_code":"202",)"
        R"("subsystem_code":"roads","service_code":"permit","service_type":"REST","endpoint_list":[{"method":"GET",)"
        R"("path":"/pets/*"}]},{"object_type":"SERVICE","xroad_instance":"ZA","member_class":"GOV","member_code":"202",)"
        R"("subsystem_code":"roads","service_code":"closed","service_type":"OPENAPI","endpoint_list":[]}]})");
    CHECK(value(all->fields, "content-type") == "application/json");
    std::string order;
    for (const auto& [name, content] : all->fields)
        if (name.starts_with("x-road-") || name == "content-type") order += name + ' ';
    CHECK(order == "x-road-id x-road-client x-road-service x-road-request-id x-road-request-hash content-type ");
    auto allowed = world.call("GET", "/r1/ZA/GOV/202/roads/allowedMethods");
    REQUIRE(allowed);
    CHECK(contains(allowed->body, "\"permit\""));
    CHECK_FALSE(contains(allowed->body, "closed"));
    CHECK(world.provider_server.records() == 4);
    CHECK(world.seen_by_service().empty());
    auto description = world.call("GET", "/r1/ZA/GOV/202/roads/getOpenAPI?serviceCode=closed");
    REQUIRE(description);
    CHECK(error_code(*description) == "server.serverproxy.internal_error");  // it has no address of one
    auto posted = world.call("POST", "/r1/ZA/GOV/202/roads/listMethods");
    REQUIRE(posted);
    CHECK(error_code(*posted) == "server.serverproxy.unknown_service");
}
