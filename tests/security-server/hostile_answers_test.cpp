// Answers of information systems and of other servers that two readers would read differently: each ends in its precise
// fault, and no answer that nobody asked for is ever taken for the answer to a later question. Threat rows 9 and 10;
// the table lies in tests/corpus/hostile_http.
#include "schemas/message/fault_document.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/security-server/hostile_answerer.hpp"
#include "tests/security-server/hostile_table.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

using Then = HostileAnswerer::Then;

std::string whole(const Wording& wording) {
    return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", wording.fields, wording.body.size(),
                       wording.body);
}

void arm(HostileAnswerer& answerer, std::string_view row, const Wording& wording) {
    auto octets = expanded(row, wording);
    Then then = Then::more;
    for (const auto& [mark, how] : {std::pair("{end}", Then::end), std::pair("{cut}", Then::cut)})
        if (octets.ends_with(mark)) {
            octets.resize(octets.size() - 5);
            then = how;
        }
    answerer.arm(std::move(octets), then);
}

Wording fault_of(std::string_view code) {
    const WireFault fault{.code = "server.serverproxy." + std::string(code), .text = "told by the other server"};
    return {"", "Content-Type: text/xml;charset=utf-8\r\n", message::write_soap_fault(fault)};
}

}  // namespace

TEST_CASE("a hostile answer of an information system is a precise fault, and the next question gets its own answer") {
    World world({.pooled = true});
    const Wording wording{"", "Content-Type: text/plain\r\n", "answer"};
    HostileAnswerer system("127.0.0.1", 0, nullptr, whole({"", "", "good"}), whole({"", "", "smuggled"}));
    world.change_owner([&](access::Client& owner) {
        owner.services.front().url = "http://127.0.0.1:" + std::to_string(system.port());
        owner.services.front().timeout = std::chrono::milliseconds(2'000);
    });
    int rows = 0;
    for (const auto& row : hostile_rows("hostile_http/answers.txt", 5)) {
        if (row[2] == "-") continue;
        ++rows;
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        const int before = system.requests();
        arm(system, row[4], wording);
        const auto answer = world.get();
        REQUIRE(answer);
        if (std::isdigit(static_cast<unsigned char>(row[2][0]))) {
            CHECK(std::to_string(answer->status) == row[2]);
            CHECK(answer->body == (row[2] == "200" || row[2] == "503" ? "answer" : ""));
        } else {
            CHECK(error_code(*answer) == "server.serverproxy." + row[2]);
        }
        const auto next = world.get();
        REQUIRE(next);
        CHECK(next->status == 200);
        CHECK(next->body == "good");
        CHECK(system.requests() == before + 2);  // nothing is asked twice
    }
    CHECK(rows >= 60);
}

TEST_CASE("a hostile answer of another server is a precise fault, and the next question gets its own answer") {
    World world({.pooled = true});
    const auto port = world.peer_door->port();
    world.peer_door.reset();
    auto tls = channel::TlsContext::peer_server(world.provider_server.keys.identity,
                                                [](const x509::Certificate&) { return true; }, {});
    REQUIRE(tls);
    const Wording wording = fault_of("heard");
    HostileAnswerer server(world.peer_address, port, *tls, whole(fault_of("good")), whole(fault_of("smuggled")));
    int rows = 0;
    for (const auto& row : hostile_rows("hostile_http/answers.txt", 5)) {
        if (row[3] == "-") continue;
        ++rows;
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        const int before = server.requests();
        arm(server, row[4], wording);
        const auto answer = world.get();
        REQUIRE(answer);
        CHECK(error_code(*answer) == (row[3] == "heard" ? "server.serverproxy.heard" : "server.clientproxy." + row[3]));
        const auto next = world.get();
        REQUIRE(next);
        CHECK(error_code(*next) == "server.serverproxy.good");
        CHECK(server.requests() == before + 2);
    }
    CHECK(rows >= 60);
}
