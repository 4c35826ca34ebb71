#include "tests/security-server/hostile_doors.hpp"

#include "central-registry/publish/route.hpp"
#include "certs/channel/transport.hpp"
#include "security-server/admin/ocsp_port.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace onceway::tests {

namespace {

std::string whole(const Wording& wording, std::string_view target) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: h\r\n{}Connection: close\r\nContent-Length: {}\r\n\r\n{}", target,
                       wording.fields, wording.body.size(), wording.body);
}

}  // namespace

Async<HeardBack> speak(Aim aim, std::string octets, bool end, std::chrono::seconds patience) {
    using boost::asio::ip::tcp;
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);
    tcp::socket socket(executor);
    const tcp::endpoint to(boost::asio::ip::make_address(aim.address), aim.port);
    auto [failed] = co_await socket.async_connect(to, as_result);
    if (failed) co_return fault(FaultCode::network_error, failed.message());
    channel::Transport line(std::move(socket));
    if (aim.tls) {
        auto shaken = co_await line.shake_hands(aim.tls, {}, {}, patience);
        if (!shaken) co_return shaken.error();
    }
    channel::Pace pace(patience, 0);
    auto written = co_await line.write(octets, patience, pace);
    if (end && written) written = co_await line.end_sending(patience);
    HeardBack heard;
    char room[16384];
    const auto until = channel::from_now(patience);
    for (;;) {
        auto got = co_await line.read_some(room, sizeof room, until);
        heard.closed = got ? *got == 0 : got.error().code != FaultCode::timed_out;
        if (!got || *got == 0) co_return heard;
        heard.octets.append(room, *got);
    }
}

HostileDoors::HostileDoors() : world({.pooled = true}) {
    doors_.push_back(consumer());
    doors_.push_back(peer());
    doors_.push_back(ocsp());
    doors_.push_back(registry());
}

HostileDoors::~HostileDoors() {
    ocsp_door.reset();
    registry_door.reset();
}

std::vector<const HostileDoor*> HostileDoors::doors_of(std::string_view letters) const {
    std::vector<const HostileDoor*> meant;
    for (const auto& door : doors_)
        if (letters == "all" || letters.find(door.letter) != std::string_view::npos) meant.push_back(&door);
    return meant;
}

HostileDoor HostileDoors::consumer() {
    Wording wording{World::target("/1"), "X-Road-Client: ZA/GOV/101/tax\r\n", "hello"};
    auto second = whole(wording, World::target("/second"));
    return {'C', "consumer", {"127.0.0.1", world.consumer_door->port(), nullptr}, std::move(wording), second};
}

HostileDoor HostileDoors::peer() {
    Wording wording;
    wording.target = "/any";
    world.alter_question = [&](Question& question) {
        for (const char* name : {"x-hash-algorithm", "x-road-message-type", "x-road-request-id", "Content-Type"})
            wording.fields += fmt::format("{}: {}\r\n", name, *message::field(question.head.fields, name));
        wording.body = question.body;
    };
    auto answer = world.call("POST", World::target("/signed"), {}, "hello");
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    world.alter_question = nullptr;
    world.seen.clear();
    auto tls = channel::TlsContext::peer_client(world.consumer_server.keys.identity);
    REQUIRE(tls);
    auto second = whole(wording, "/");
    return {'P', "peer", {world.peer_address, world.peer_door->port(), *tls}, std::move(wording), second};
}

HostileDoor HostileDoors::ocsp() {
    const auto route = [this](channel::Exchange& exchange) {
        return admin::answer_ocsp_request(exchange, world.provider_server.keys);
    };
    auto opened = channel::Listener::open(world.threads, {.name = "ocsp", .address = "127.0.0.1"}, route);
    REQUIRE(opened);
    ocsp_door = std::move(*opened);
    Wording wording{"/?cert=0123456789abcdef0123456789abcdef01234567", "", "hello"};
    const auto second = "GET " + wording.target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    return {'O', "ocsp", {"127.0.0.1", ocsp_door->port(), nullptr}, std::move(wording), second};
}

HostileDoor HostileDoors::registry() {
    auto opened = channel::Listener::open(world.threads, {.name = "registry", .address = "127.0.0.1"},
                                          central::configuration_route(world.folder / "published"));
    REQUIRE(opened);
    registry_door = std::move(*opened);
    Wording wording{"/internalconf", "", "hello"};
    const auto second = "GET " + wording.target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    return {'R', "registry", {"127.0.0.1", registry_door->port(), nullptr}, std::move(wording), second};
}

}  // namespace onceway::tests
