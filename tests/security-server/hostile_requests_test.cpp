// Requests that two readers would read differently, at every door of ours over real sockets: one answer, no second
// reading, and an information system that never hears of them. Threat rows 9 and 10; the tables lie in
// tests/corpus/hostile_http.
#include "tests/security-server/hostile_doors.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

constexpr std::string_view end_mark = "{end}";

/// A row's octets, followed by a good request that must not be answered; or by the end of the connection.
HeardBack say(const HostileDoor& door, std::string_view row, bool followed = true) {
    auto octets = expanded(row, door.wording);
    const bool end = octets.ends_with(end_mark);
    if (end) octets.resize(octets.size() - end_mark.size());
    if (!end && followed) octets += door.second;
    auto heard = run(speak(door.aim, std::move(octets), end));
    REQUIRE(heard);
    return *heard;
}

}  // namespace

TEST_CASE("a hostile head gets one refusal, ends the connection, and reaches nobody") {
    HostileDoors all;
    const auto rows = hostile_rows("hostile_http/refused_heads.txt", 6);
    CHECK(rows.size() >= 200);
    for (const auto& row : rows)
        for (const auto* door : all.doors_of(row[2])) {
            CAPTURE(door->name);
            CAPTURE(row[0]);
            CAPTURE(row[1]);
            const auto heard = say(*door, row[5]);
            CHECK(heard.octets.starts_with("HTTP/1.1 " + row[3] + ' '));
            CHECK(contains(heard.octets, row[4]));
            CHECK(contains(heard.octets, "\r\nConnection: close\r\n"));
            CHECK(count_of(heard.octets, "HTTP/1.1 ") == 1 + count_of(row[4], "HTTP/1.1 "));
            CHECK(heard.closed);
        }
    CHECK(all.world.seen_by_service().empty());
    CHECK(all.world.provider_server.records() == 2);  // the one good exchange at the beginning
}

TEST_CASE("a hostile body gets one answer that says why, ends the connection, and reaches nobody") {
    HostileDoors all;
    const auto rows = hostile_rows("hostile_http/refused_bodies.txt", 6);
    CHECK(rows.size() >= 40);
    for (const auto& row : rows)
        for (const auto* door : all.doors_of(row[2])) {
            CAPTURE(door->name);
            CAPTURE(row[0]);
            CAPTURE(row[1]);
            const auto heard = say(*door, row[5]);
            CHECK(heard.octets.starts_with(door->letter == 'P' ? "HTTP/1.1 200 " : "HTTP/1.1 " + row[3] + ' '));
            CHECK(contains(heard.octets, door->letter == 'P' ? "server.serverproxy.service_failed.io_error"
                                                             : "server.clientproxy.io_error"));
            CHECK(contains(heard.octets, row[4]));
            CHECK(contains(heard.octets, "\r\nConnection: close\r\n"));
            CHECK(count_of(heard.octets, "HTTP/1.1 ") == 1);
            CHECK(heard.closed);
        }
    CHECK(all.world.seen_by_service().empty());
    CHECK(all.world.provider_server.records() == 2);
}

TEST_CASE("an odd and legal request works, and so does the one behind it") {
    HostileDoors all;
    const auto rows = hostile_rows("hostile_http/legal.txt", 4);
    CHECK(rows.size() >= 40);
    for (const auto& row : rows)
        for (const auto* door : all.doors_of(row[2])) {
            CAPTURE(door->name);
            CAPTURE(row[0]);
            CAPTURE(row[1]);
            all.world.seen.clear();
            const auto heard = say(*door, row[3]);
            CHECK(count_of(heard.octets, "HTTP/1.1 ") - count_of(heard.octets, "HTTP/1.1 100 ") == 2);
            CHECK(heard.closed);
            const auto seen = all.world.seen_by_service();
            if (door->letter == 'O' || door->letter == 'R') continue;
            CHECK(count_of(heard.octets, "HTTP/1.1 200 ") == 2);
            REQUIRE(seen.size() == 2);
            for (const auto& one : seen) CHECK(one.body == "hello");
            if (door->letter == 'C') CHECK(seen[1].head.target == "/second");
        }
}
