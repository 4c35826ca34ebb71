// What an operator's commands ask of a server, with documents that lie behind a real address and change between two
// reads.
#include "security-server/admin/administration.hpp"
#include "tests/certs/channel/door.hpp"
#include "tests/security-server/admin/given_responder.hpp"
#include "tests/security-server/admin/operator_asks.hpp"
#include "tests/security-server/descriptions/samples.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <atomic>
#include <future>
#include <mutex>

using namespace onceway;
using namespace onceway::tests;
using boost::asio::awaitable;
namespace json = boost::json;

namespace {

/// A server that nobody runs, and an information system that gives its description.
struct World : KeyWorld, OperatorAsks {
    std::mutex guard;
    std::string document = wsdl_of({{"permit", "v1"}});
    int asked = 0;
    std::atomic<bool> slow = false;  // then it answers once it may go on
    std::promise<void> arrived, go_on;
    OpenDoor door{[this](channel::Exchange& exchange) { return answer(exchange); }};
    const std::string url = "http://127.0.0.1:" + std::to_string(door.port()) + "/grants?wsdl";

    admin::ServerFile file;
    std::unique_ptr<admin::StateStore> state = must(admin::StateStore::open(folder / "server.db", server, clock));

    explicit World(const std::string& services = "") {
        set_up();
        file =
            must(admin::read_server_file("[server]\nid = \"TEST/GOV/HOME/ss1\"\n[listen]\ninside = \"127.0.0.1\"\n"
                                         "outside = \"127.0.0.1\"\n[services]\n" +
                                             services,
                                         folder.path()));
        administration = std::make_unique<admin::Administration>(admin::Administered{file, clock, *state, *keys, view});
    }
    awaitable<void> answer(channel::Exchange& exchange) {
        if (slow) {
            arrived.set_value();
            go_on.get_future().wait();
        }
        std::string body;
        {
            const std::lock_guard held(guard);
            ++asked;
            body = document;
        }
        const message::Fields fields{{"Content-Type", "text/xml"}};
        [[maybe_unused]] auto sent = co_await exchange.respond(200, "OK", fields, body);
    }
    void becomes(std::string text) {
        const std::lock_guard held(guard);
        document = std::move(text);
    }
    json::object change(const std::string& kind, json::object more) {
        more["kind"] = kind;
        more["client"] = "TEST/GOV/HOME/people";
        return {{"do", "state.change"}, {"change", more}};
    }
    json::object apply(const json::object& compared) {
        return granted({{"do", "state.apply"}, {"state", compared.at("state")}, {"expected", compared.at("revision")}});
    }
    std::string declared() const {
        return "[[client]]\nid = \"TEST/GOV/HOME/people\"\n[[client.description]]\nurl = \"" + url +
               "\"\ndisabled = false\n";
    }
    const access::Client& client() const { return state->current()->clients.at(0); }
};

}  // namespace

TEST_CASE("a document that changes between approval and application changes nothing of what was approved") {
    World world;
    const auto shown = world.granted({{"do", "state.compare"}, {"state", world.declared()}});
    CHECK(contains(json::serialize(shown.at("changes")), "service permit.v1"));
    world.becomes(wsdl_of({{"steal", ""}}));
    world.apply(shown);
    CHECK(world.client().service("permit", "v1"));
    CHECK_FALSE(world.client().service("steal"));
    CHECK(world.asked == 1);

    // The same for a single change.
    const auto refresh = world.granted(world.change("description.refresh", {{"url", world.url}}));
    CHECK(contains(json::serialize(refresh.at("changes")), "service steal"));
    CHECK(contains(json::serialize(refresh.at("warnings")), "deleting_services"));
    const auto approved = world.state->current()->clients.at(0).descriptions.at(0).sha256;
    world.becomes(wsdl_of({{"worse", ""}}));
    world.apply(refresh);
    CHECK(world.client().service("steal"));
    CHECK_FALSE(world.client().service("worse"));
    CHECK(world.asked == 2);
    CHECK(world.client().descriptions.at(0).sha256 != approved);

    // And between two commands: whoever names the digest that was approved gets that document or none.
    const auto why = world.refused(world.change("description.refresh", {{"url", world.url}, {"sha256", approved}}));
    CHECK_MESSAGE(contains(why, "another one than was approved"), why);
    CHECK(contains(why, approved));
}

TEST_CASE("two operators at once: the second is told, and compares again") {
    World world;
    world.apply(world.granted({{"do", "state.compare"}, {"state", world.declared()}}));
    const auto one =
        world.granted(world.change("right.grant", {{"code", "permit"}, {"to", "TEST/GOV/EDUCATION/admission"}}));
    const auto other = world.granted(world.change("group.add", {{"group", "g"}, {"description", "x"}}));
    world.apply(one);
    CHECK(contains(
        world.refused({{"do", "state.apply"}, {"state", other.at("state")}, {"expected", other.at("revision")}}),
        "Apply again"));
    CHECK(world.state->current()->revision == 2);
    CHECK(world.state->history(1).at(0).changes ==
          "+ client TEST/GOV/HOME/people, right of TEST/GOV/EDUCATION/admission to permit * **: granted\n");
}

TEST_CASE("one command at a time reads descriptions; whatever reads none goes on meanwhile") {
    World world;
    world.slow = true;
    const json::object compare{{"do", "state.compare"}, {"state", world.declared()}};
    auto first = std::async(std::launch::async, [&] { return world.ask(compare); });
    world.arrived.get_future().wait();
    world.slow = false;
    CHECK(contains(world.refused(compare), "another command reads some"));
    world.granted({{"do", "state.compare"}, {"state", "[[client]]\nid = \"TEST/GOV/HOME/people\"\n"}});
    world.go_on.set_value();
    CHECK(first.get().at("ok").as_bool());
    world.granted(compare);
}

TEST_CASE("SS-25: an external validator's doubts are warnings, and its refusal ends the change") {
    SUBCASE("doubts") {
        World world("wsdl_validator = [\"/bin/sh\", \"-c\", \"echo 'no documentation' >&2\"]\n");
        const auto shown = world.granted({{"do", "state.compare"}, {"state", world.declared()}});
        CHECK(json::serialize(shown.at("warnings")) ==
              R"([{"code":"wsdl_validation_warnings","about":["no documentation"]}])");
        world.apply(shown);
        CHECK(world.client().services.size() == 1);
    }
    SUBCASE("a refusal") {
        World world("wsdl_validator = [\"/bin/sh\", \"-c\", \"echo 'style rpc' >&2; exit 1\"]\n");
        const auto why = world.refused({{"do", "state.compare"}, {"state", world.declared()}});
        CHECK_MESSAGE(contains(why, "invalid_wsdl"), why);
        CHECK(contains(why, "style rpc"));
    }
}

TEST_CASE("no document is fetched from an address that the operator denies") {
    World world("deny = [\"127.0.0.0/8\"]\n");
    const auto why = world.refused({{"do", "state.compare"}, {"state", world.declared()}});
    CHECK_MESSAGE(contains(why, "may not be called"), why);
    CHECK(world.asked == 0);
}

TEST_CASE("a state that was never compared is applied only when it says everything") {
    World world;
    CHECK(contains(world.refused({{"do", "state.apply"}, {"state", world.declared()}, {"expected", 0}}),
                   "has not been read"));
    const std::string reserved =
        "[[client]]\nid = \"TEST/GOV/HOME/people\"\n[[client.service]]\ncode = \"getWsdl\"\nurl = "
        "\"http://127.0.0.1\"\n";
    CHECK(contains(world.refused({{"do", "state.apply"}, {"state", reserved}, {"expected", 0}}), "is reserved"));
    CHECK(contains(world.refused({{"do", "state.change"}}), "must be an object"));
    CHECK(contains(world.refused({{"do", "state.forget"}}), "not known"));
}
