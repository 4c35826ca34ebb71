#include "security-server/admin/port_holder.hpp"

#include "security-server/admin/machine.hpp"
#include "security-server/admin/start_report.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

boost::asio::awaitable<void> say_nothing(channel::Exchange&) { co_return; }

}  // namespace

TEST_CASE("who listens on a port is told by name and process, and nobody where nobody does") {
    const auto address = leased_address();
    CHECK_FALSE(admin::port_holder(address, 5500));
    CHECK_FALSE(admin::port_holder("no address", 5500));
    channel::Threads threads(1);
    auto door = channel::Listener::open(threads, {.name = "test", .address = address}, say_nothing);
    REQUIRE(door);
    const auto port = (*door)->port();
    const auto holder = admin::port_holder(address, port);
    REQUIRE(holder);
    CHECK(holder->pid == ::getpid());
    CHECK(contains(holder->text(), " (process " + std::to_string(::getpid())));
    CHECK_FALSE(admin::port_holder("127.255.255.254", port));

    SUBCASE("and a server that cannot open its port says so") {
        auto second =
            channel::Listener::open(threads, {.name = "second", .address = address, .port = port}, say_nothing);
        REQUIRE_FALSE(second);
        const auto told = admin::why_not_open(second.error(), address, port);
        CHECK(told.code == FaultCode::network_error);
        CHECK(contains(told.detail, " (process "));
        CHECK(contains(told.detail, "change [listen]"));
        const auto other = fault(FaultCode::ssl_authentication_failed, "no certificate yet");
        CHECK(admin::why_not_open(other, address, port).detail == other.detail);
        auto foreign = channel::Listener::open(threads, {.name = "third", .address = "203.0.113.7"}, say_nothing);
        REQUIRE_FALSE(foreign);
        CHECK(contains(admin::why_not_open(foreign.error(), "203.0.113.7", 0).detail, "no address of this machine"));
    }
    door->reset();
    threads.stop();
}

TEST_CASE("memory, descriptors and disk are read from the system") {
    const auto use = admin::process_use();
    CHECK(use.memory_octets > 1'000'000);
    CHECK(use.memory_peak_octets >= use.memory_octets);
    CHECK(use.descriptors >= 3);
    CHECK(use.descriptors_most >= use.descriptors);
    CHECK(use.threads >= 1);
    const TemporaryFolder folder;
    const auto space = admin::disk_space(folder / "not" / "made" / "yet");
    REQUIRE(space);
    CHECK(space->size_octets >= space->free_octets);
    CHECK(space->free_percent() <= 100);
    CHECK(admin::in_units(999) == "999 octets");
    CHECK(admin::in_units(1'536) == "1.5 KiB");
    CHECK(admin::in_units(std::uint64_t{70} * 1024 * 1024 * 1024) == "70.0 GiB");
}
