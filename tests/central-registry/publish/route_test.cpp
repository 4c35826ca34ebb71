// The configuration over HTTP.
#include "central-registry/publish/route.hpp"

#include "central-registry/admin/service.hpp"
#include "schemas/registry/documents.hpp"
#include "tests/central-registry/http.hpp"
#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

TEST_CASE("GC-11, GC-12: a target names a file of the version it asks for; without a number it is 2") {
    struct {
        const char* target;
        const char* file;
    } const rows[] = {
        {"/internalconf?version=6", "V6/internalconf"},
        {"/externalconf?version=5", "V5/externalconf"},
        {"/internalconf?version=99", "V99/internalconf"},
        {"/internalconf?a=b&version=6", "V6/internalconf"},
        {"/internalconf", "V2/internalconf"},
        {"/internalconf?", "V2/internalconf"},
        {"/internalconf?version=", "V2/internalconf"},
        {"/internalconf?version=six", "V2/internalconf"},
        {"/internalconf?version=6x", "V2/internalconf"},
        {"/internalconf?version=-6", "V2/internalconf"},
        {"/internalconf?version=1234567890", "V2/internalconf"},
        {"/internalconf?versions=6", "V2/internalconf"},
        {"/V6/20260101120000000000000/shared-params.xml", "V6/20260101120000000000000/shared-params.xml"},
        {"/V6/20260101120000000000000/shared-params.xml?x=y", "V6/20260101120000000000000/shared-params.xml"},
        {"/", ""},
        {"/internalconf/", ""},
        {"/INTERNALCONF?version=6", ""},
        {"/V6/internalconf", ""},
        {"/V6/2026/shared-params.xml", ""},
        {"/V6/20260101120000000000000/", ""},
        {"/V6/20260101120000000000000/../../../registry.db", ""},
        {"/V6/20260101120000000000000/%2e%2e/x.xml", ""},
        {"/V6/../V6/20260101120000000000000/shared-params.xml", ""},
        {"//V6/20260101120000000000000/shared-params.xml", ""},
        {"/V/20260101120000000000000/shared-params.xml", ""},
        {"/registry.db", ""},
        {"/.publishing", ""},
    };
    for (const auto& [target, file] : rows) CHECK_MESSAGE(file_for(target) == file, target);
}

namespace {

/// A registry at work at ports of its own.
struct Serving {
    SampleRegistry registry;
    std::unique_ptr<Service> service;
    explicit Serving(State state = sample_state()) {
        registry.decide_for(std::move(state));
        service = must(Service::start(registry.place, {"127.0.0.1:0", "127.0.0.1:0"}));
    }
    Answer ask(std::string_view target, std::string_view method = "GET") {
        return get(service->http_url(), target, method);
    }
};

}  // namespace

TEST_CASE("GC-11, GC-12, GC-13: HTTP serves version 6 as it is, and answers 404 to every other") {
    Serving serving;
    const auto found = serving.ask("/internalconf?version=6");
    CHECK(found.status == 200);
    CHECK(found.body == serving.registry.published("V6/internalconf"));
    CHECK_FALSE(contains(found.head, "Content-Encoding"));
    CHECK(contains(found.head, "Cache-Control: no-cache"));
    CHECK(contains(found.head, "Expires: Thu, 01 Jan 1970"));
    CHECK(serving.ask("/externalconf?version=6").body == serving.registry.published("V6/externalconf"));
    for (const char* target : {"/internalconf?version=99", "/internalconf?version=5", "/internalconf", "/externalconf",
                               "/internalconf?version=x", "/", "/secret", "/V6/internalconf"}) {
        const auto answer = serving.ask(target);
        CHECK_MESSAGE(answer.status == 404, target);
        CHECK_FALSE(contains(answer.head, "Location"));
    }
    for (const auto& part : must(registry::read_directory(found.body)).parts) {
        const auto content = serving.ask(part.location);
        CHECK(content.status == 200);
        CHECK(content.body == serving.registry.published(part.location.substr(1)));
    }
}

TEST_CASE("other methods than GET are refused") {
    Serving serving;
    const auto answer = serving.ask("/internalconf?version=6", "DELETE");
    CHECK(answer.status == 405);
    CHECK(contains(answer.head, "Allow: GET"));
}

TEST_CASE("GC-37: during publication every GET gives a complete directory whose content is there") {
    Serving serving;
    std::atomic<bool> done = false;
    std::atomic<int> asked = 0, wrong = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i)
        clients.emplace_back([&] {
            do {
                const auto answer = serving.ask("/internalconf?version=6");
                const auto directory = registry::read_directory(answer.body);
                bool fine = answer.status == 200 && directory && !directory->signature.empty();
                for (std::size_t p = 0; fine && p < directory->parts.size(); ++p)
                    fine = serving.ask(directory->parts[p].location).status == 200;
                ++asked;
                if (!fine) ++wrong;
            } while (!done);
        });
    for (int i = 0; i < 15; ++i) serving.registry.publish();
    done = true;
    for (auto& one : clients) one.join();
    CHECK(wrong == 0);
    CHECK(asked >= 3);
}

TEST_CASE("before the first publication, everything is 404") {
    auto state = sample_state();
    state.management.provider.reset();
    Serving serving(state);
    CHECK(serving.ask("/internalconf?version=6").status == 404);
}
