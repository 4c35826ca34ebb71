// Where a description is fetched from is the operator's to say; what comes back is bounded.
#include "security-server/descriptions/document.hpp"

#include "schemas/description/wsdl.hpp"
#include "tests/certs/channel/door.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using boost::asio::awaitable;
using descriptions::Document;
using descriptions::Fetching;

namespace {

/// Answers by path; counts who asks for what.
struct Library {
    std::atomic<int> asked = 0, moved = 0;
    OpenDoor door{[this](channel::Exchange& exchange) { return answer(exchange); }};

    std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(door.port()) + path; }
    awaitable<void> answer(channel::Exchange& exchange) {
        ++asked;
        const auto target = exchange.head().target;
        int status = 200;
        std::string body = "a document";
        message::Fields fields{{"Content-Type", "text/xml;charset=utf-8"}};
        if (target == "/moved") {
            status = 302;
            fields.emplace_back("Location", url("/there"));
        }
        if (target == "/there") ++moved;
        if (target == "/gone") status = 404;
        if (target == "/most") body.assign(description::most_octets, 'x');
        if (target == "/too-long") body.assign(description::most_octets + 1, 'x');
        [[maybe_unused]] auto sent = co_await exchange.respond(status, "Status", fields, body);
    }
};

Result<Document> fetched(const std::string& url, Fetching how = {}) {
    return run(descriptions::fetch_document(url, std::move(how)));
}

}  // namespace

TEST_CASE("a description comes with its content type and has a digest") {
    Library library;
    const auto document = must(fetched(library.url("/a?wsdl")));
    CHECK(document.octets == "a document");
    CHECK(document.content_type == "text/xml;charset=utf-8");
    CHECK(document.sha256() == "0d1da5138c035ffb7a848cfa108a901b2d7e44195f11ddc475e1fe7c1cf9d8b3");
}

TEST_CASE("SS-22: a description of 10 MiB is taken, one octet more is not") {
    Library library;
    CHECK(must(fetched(library.url("/most"))).octets.size() == description::most_octets);
    const auto refused = fetched(library.url("/too-long"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::too_large);
}

TEST_CASE("no description is had, for the reason told, when") {
    Library library;
    const auto nothing = tests::must(channel::AddressPolicy::of({}, {"127.0.0.0/8"}));
    struct {
        const char* when;
        std::string url;
        FaultCode code;
        std::string_view says;
    } const rows[] = {
        {"it was moved", library.url("/moved"), FaultCode::http_error, "Redirects are not followed"},
        {"it is gone", library.url("/gone"), FaultCode::http_error, "status 404"},
        {"its address is a file", "file:///etc/passwd", FaultCode::service_malformed_url, "http://"},
        {"its address is of another scheme", "ftp://127.0.0.1/a", FaultCode::service_malformed_url, "http://"},
        {"its address is an odd number", "http://2130706433/a", FaultCode::service_malformed_url, "odd form"},
        {"its address is half a name", "http://user@127.0.0.1/a", FaultCode::service_malformed_url, "user information"},
        {"it lies where a cloud keeps its secrets", "http://169.254.169.254/latest/meta-data/",
         FaultCode::network_error, "may not be called"},
    };
    for (const auto& [when, url, code, says] : rows) SUBCASE(when) {
            const auto refused = fetched(url);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == code);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
            CHECK(library.moved == 0);
        }
    SUBCASE("its name leads to an address that the operator denies") {
        Fetching how;
        how.permitted = nothing;
        const auto refused = fetched("http://localhost:" + std::to_string(library.door.port()) + "/a", how);
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "'deny' of [services]"));
        CHECK(library.asked == 0);
    }
    SUBCASE("a certificate is to be verified, and none is declared") {
        Fetching how;
        how.verify = true;
        const auto refused = fetched("https://127.0.0.1:1/a", how);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::ssl_authentication_failed);
    }
}
