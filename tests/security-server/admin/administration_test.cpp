#include "security-server/admin/administration.hpp"

#include "security-server/admin/local_socket.hpp"
#include "security-server/admin/stopped_server.hpp"
#include "tests/security-server/admin/given_responder.hpp"
#include "tests/security-server/admin/operator_asks.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

/// A server's keys and state, asked as an operator asks.
struct AdminWorld : KeyWorld, OperatorAsks {
    admin::ServerFile file = must(admin::read_server_file(
        "[server]\nid = \"TEST/GOV/HOME/ss1\"\n[listen]\ninside = \"127.0.0.1\"\noutside = \"127.0.0.1\"\n",
        folder.path()));
    std::unique_ptr<admin::StateStore> state = must(admin::StateStore::open(folder / "server.db", server, clock));

    AdminWorld() {
        set_up();
        administration = std::make_unique<admin::Administration>(admin::Administered{file, clock, *state, *keys, view});
    }
};

constexpr const char* one_client = "[[client]]\nid = \"TEST/GOV/HOME/people\"\n";

}  // namespace

TEST_CASE("a declared state is compared, applied on the revision that was compared, and shown with its history") {
    AdminWorld world;
    const auto compared = world.granted({{"do", "state.compare"}, {"state", one_client}});
    CHECK(compared.at("revision").to_number<int>() == 0);
    CHECK(compared.at("changes").as_array().size() == 1);
    CHECK(world.state->current()->revision == 0);

    const auto applied = world.granted({{"do", "state.apply"}, {"state", one_client}, {"expected", 0}});
    CHECK(applied.at("revision").to_number<int>() == 1);
    CHECK(world.state->current()->clients.size() == 1);
    CHECK(contains(world.refused({{"do", "state.apply"}, {"state", ""}, {"expected", 0}}), "revision 0 was compared"));
    CHECK(contains(world.refused({{"do", "state.apply"}, {"state", ""}}), "was compared"));

    const auto shown = world.granted({{"do", "state.show"}});
    CHECK(contains(std::string(shown.at("state").as_string()), "TEST/GOV/HOME/people"));
    CHECK(shown.at("history").as_array().size() == 1);
}

TEST_CASE("keys are made, requested, imported and listed") {
    AdminWorld world;
    const auto made =
        world.granted({{"do", "key.generate"}, {"usage", "signing"}, {"label", "TEST/GOV/HOME"}, {"family", "ec"}});
    const std::string id(made.at("key").at("id").as_string());

    const auto requested =
        world.granted({{"do", "key.csr"}, {"key", id}, {"name", "Home Affairs"}, {"fields", {{"C", "ZA"}}}});
    CHECK(contains(std::string(requested.at("profile").as_string()), "BasicCertificateProfileInfoProvider"));
    const auto request = must(x509::read_request(std::string(requested.at("csr").as_string())));
    CHECK(request.profile == x509::Profile::signing);
    CHECK(request.subject == x509::Subject{{"CN", "Home Affairs"},
                                           {"O", "Home Affairs"},
                                           {"businessCategory", "GOV"},
                                           {"C", "ZA"},
                                           {"serialNumber", "HOME"}});

    keys::KeyInfo key;
    for (const auto& info : world.keys->list())
        if (info.id == id) key = info;
    const auto certificate = world.certify_signing(key, world.server.owner);
    const auto imported = world.granted({{"do", "key.import"}, {"certificate", to_base64(certificate.der())}});
    CHECK(imported.at("member").as_string() == "TEST/GOV/HOME");
    CHECK(world.granted({{"do", "key.list"}}).at("keys").as_array().size() == 3);
}

TEST_CASE("a request is refused, with its reason, when") {
    AdminWorld world;
    struct {
        const char* what;
        json::object request;
        std::string_view says;
    } const rows[] = {
        {"its verb is unknown", {{"do", "key.steal"}}, "'key.steal' is not known"},
        {"it has no verb", {}, "'' is not known"},
        {"a state is malformed", {{"do", "state.compare"}, {"state", "[[client]]\nidd = 1"}}, "line"},
        {"a usage is unknown",
         {{"do", "key.generate"}, {"usage", "both"}, {"family", "rsa"}},
         "signing or authentication"},
        {"a family is unknown", {{"do", "key.generate"}, {"usage", "signing"}, {"family", "dsa"}}, "rsa or ec"},
        {"a key is unknown", {{"do", "key.csr"}, {"key", "0000"}}, "no key '0000'"},
        {"a profile is unknown",
         {{"do", "key.csr"}, {"key", world.signing_info.id}, {"profile", "basik"}},
         "Known are basic"},
        {"a certificate is none", {{"do", "key.import"}, {"certificate", "AAAA"}}, ""},
        {"a PIN is wrong", {{"do", "key.unlock"}, {"pin", "wrong-pin"}}, ""},
    };
    for (const auto& [what, request, says] : rows) SUBCASE(what) {
            CHECK_MESSAGE(contains(world.refused(request), says), world.refused(request));
        }
    SUBCASE("it is no object") {
        for (const char* line : {"", "[]", "{", "nonsense", "{\"do\":\"status\"} trailing"})
            CHECK_FALSE(json::parse(world.administration->answer(line)).at("ok").as_bool());
    }
}

TEST_CASE("the status says what is wrong and what to do, certificate by certificate") {
    AdminWorld world;
    const auto status = [&] { return world.granted({{"do", "status"}}).at("status").as_object(); };
    const auto well = status();
    CHECK(well.at("ok").as_bool());
    CHECK(well.at("troubles").as_array().empty());
    const auto& certificates = well.at("keys").at("certificates").as_array();
    REQUIRE(certificates.size() == 2);
    for (const auto& certificate : certificates) {
        CHECK(certificate.at("usable").as_bool());
        CHECK(certificate.at("days_left").to_number<int>() == 100);
        CHECK(certificate.at("ocsp").at("status").as_string() == "good");
        CHECK(certificate.at("ocsp").at("seconds_left").to_number<int>() == 3600);
    }

    SUBCASE("an OCSP answer that grew old") {
        world.clock.advance(std::chrono::hours(2));
        CHECK_FALSE(status().at("ok").as_bool());
        CHECK(contains(json::serialize(status().at("troubles")), "no fresh OCSP answer"));
    }
    SUBCASE("a certificate that ends soon is a warning") {
        world.clock.advance(std::chrono::hours(24 * 80));
        CHECK(contains(json::serialize(status().at("warnings")), "ends in 20 days"));
    }
    SUBCASE("a configuration that expired") {
        world.clock.advance(std::chrono::hours(24 * 366));
        CHECK(contains(json::serialize(status().at("troubles")), "expired at"));
        CHECK_FALSE(status().at("configuration").at("valid").as_bool());
    }
}

TEST_CASE("the administration socket is its owner's, answers line by line, and replaces one that was left behind") {
    AdminWorld world;
    channel::Threads threads(1);
    const auto path = world.folder / "admin.sock";
    write_file(path, "left behind");
    auto socket = must(admin::LocalSocket::open(threads.context(0), path, [&](OctetsView line) {
        if (line == "throw") throw std::runtime_error("a bug");
        return world.administration->answer(line);
    }));
    threads.spawn(threads.context(0), "socket", socket->run());
    struct stat about{};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);

    const auto answered = admin::ask_socket(path, R"({"do":"status"})", std::chrono::seconds(10));
    REQUIRE_MESSAGE(answered, answered.error().detail);
    CHECK(json::parse(*answered).at("ok").as_bool());
    const auto broken = must(admin::ask_socket(path, "throw", std::chrono::seconds(10)));
    CHECK(contains(broken, "internal_error"));
    const auto large = must(admin::ask_socket(
        path, R"({"do":"state.compare","state":"#)" + std::string(1'000'000, 'x') + "\"}", std::chrono::seconds(10)));
    CHECK(contains(large, "\"ok\":true"));

    threads.stop();
    socket.reset();
    CHECK_FALSE(std::filesystem::exists(path));
    const auto nobody = admin::ask_socket(path, "{}", std::chrono::seconds(1));
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == FaultCode::network_error);
}

TEST_CASE("a socket whose path is longer than the kernel takes is opened and reached all the same") {
    const TemporaryFolder folder;
    const auto deep = folder / std::string(60, 'a') / std::string(60, 'b');
    std::filesystem::create_directories(deep);
    channel::Threads threads(1);
    auto socket = must(admin::LocalSocket::open(threads.context(0), deep / "admin.sock",
                                                [](OctetsView line) { return Octets(line); }));
    threads.spawn(threads.context(0), "socket", socket->run());
    CHECK(must(admin::ask_socket(deep / "admin.sock", "echo", std::chrono::seconds(10))) == "echo");
    threads.stop();
}
