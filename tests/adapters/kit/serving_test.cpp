#include "adapters/kit/serving.hpp"

#include "certs/channel/client.hpp"
#include "certs/channel/url.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

using namespace onceway;
using namespace onceway::kit;
using namespace onceway::tests;

namespace {

std::unique_ptr<Serving> serving(Handler handler, std::size_t body_octets = 64 * 1024) {
    auto opened = Serving::open({"test", "127.0.0.1", 0, body_octets}, std::move(handler));
    REQUIRE_MESSAGE(opened, opened.error().detail);
    return std::move(*opened);
}

channel::FetchAnswer ask(const Serving& serving, std::string method, std::string target, Octets body = {}) {
    channel::FetchRequest request;
    request.method = std::move(method);
    request.url = *channel::Url::parse("http://127.0.0.1:" + std::to_string(serving.port()) + target);
    request.body = std::move(body);
    request.most = 1024 * 1024;
    auto answer = run(channel::fetch(std::move(request)));
    REQUIRE_MESSAGE(answer, answer.error().detail);
    return *answer;
}

}  // namespace

TEST_CASE("a handler gets the request as it was sent, and its answer arrives") {
    const auto server = serving([](const Request& request) {
        Answer answer;
        answer.body = request.method + ' ' + request.target + ' ' + request.body;
        answer.content_type = "text/plain";
        answer.fields = {{"X-Own", "1"}};
        return answer;
    });
    const auto answer = ask(*server, "POST", "/a%2Fb?c=d", "body");
    CHECK(answer.status == 200);
    CHECK(answer.body == "POST /a%2Fb?c=d body");
    CHECK(message::field(answer.fields, "content-type") == "text/plain");
    CHECK(message::field(answer.fields, "x-own") == "1");
}

TEST_CASE("what a handler throws is a 500 that gives nothing away, and the next request is served") {
    std::atomic<int> asked = 0;
    const auto server = serving([&](const Request&) -> Answer {
        if (asked++ == 0) throw std::runtime_error("secret detail");
        return refusal(404, "not_found", "none");
    });
    const auto failed = ask(*server, "GET", "/");
    CHECK(failed.status == 500);
    CHECK_FALSE(contains(failed.body, "secret"));
    CHECK(boost::json::parse(failed.body).at("type") == "adapter.failed");
    CHECK(ask(*server, "GET", "/").status == 404);
}

TEST_CASE("a body above its bound is refused and never reaches the handler") {
    std::atomic<int> asked = 0;
    const auto server = serving([&](const Request&) { return ++asked, Answer{}; }, 1000);
    CHECK(ask(*server, "POST", "/", Octets(1000, 'x')).status == 200);
    const auto refused = ask(*server, "POST", "/", Octets(1001, 'x'));
    CHECK(refused.status == 413);
    CHECK(boost::json::parse(refused.body).at("type") == "adapter.body_too_large");
    CHECK(asked == 1);
}

TEST_CASE("stopping waits for the request that is being answered") {
    std::promise<void> begun, go_on;
    auto may_go_on = go_on.get_future().share();
    const auto server = serving([&](const Request&) {
        begun.set_value();
        may_go_on.wait();
        Answer answer;
        answer.body = "late";
        return answer;
    });
    auto asking = std::async(std::launch::async, [&] { return ask(*server, "GET", "/"); });
    begun.get_future().wait();
    auto stopping = std::async(std::launch::async, [&] { return server->stop(); });
    CHECK(stopping.wait_for(std::chrono::milliseconds(30)) == std::future_status::timeout);
    go_on.set_value();
    CHECK(asking.get().body == "late");
    CHECK(stopping.get());
}

TEST_CASE("an address that cannot be bound is a fault that names it") {
    const auto opened = Serving::open({"test", "192.0.2.1", 0}, [](const Request&) { return Answer{}; });
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == FaultCode::network_error);
    CHECK(contains(opened.error().detail, "192.0.2.1"));
}

TEST_CASE("an error says its type, its message and the next step, whatever they hold") {
    const auto answer = refusal(400, "x", "a \"b\"\n\x01\xff", "d\\");
    CHECK(answer.status == 400);
    const auto read = boost::json::parse(answer.body);
    CHECK(read.at("type") == "adapter.x");
    CHECK(read.at("message") == "a \"b\"\n\x01\xef\xbf\xbd");
    CHECK(read.at("detail") == "d\\");
    CHECK(reason_of(405) == "Method Not Allowed");
}
