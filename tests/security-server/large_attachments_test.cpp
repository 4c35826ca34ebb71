// Attachments much larger than what a server may keep in memory, in a question and in an answer. `./dev bench` sends a
// gibibyte through real programs; this is the same in small.
#include "schemas/message/mime.hpp"
#include "tests/bench/backend/octets.hpp"
#include "tests/bench/backend/soap.hpp"
#include "tests/security-server/hostile_soap.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/sanitized.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t large = 32 * bench::block_octets;

/// The service of the benchmark: it digests what is attached, or attaches as much as it is asked for, block by block.
class LargeWorld : public HostileSoapWorld {
public:
    LargeWorld() {
        auto opened =
            channel::Listener::open(world.threads, {.name = "large", .address = "127.0.0.1"}, bench::answer_soap);
        REQUIRE(opened);
        door = std::move(*opened);
        world.change_owner([&](access::Client& owner) {
            owner.services.back().url = fmt::format("http://127.0.0.1:{}/soap", door->port());
        });
    }
    std::unique_ptr<channel::Listener> door;
};

/// An attachment and its digest, as they arrive.
struct Arriving : message::MimeSink {
    std::string envelope;
    int parts = 0;
    std::uint64_t octets = 0;
    keys::Hasher hasher;

    Result<void> part_begins(const message::Fields&) override {
        ++parts;
        return {};
    }
    Result<void> part_data(OctetsView data) override {
        if (parts == 1) envelope += data;
        if (parts == 2) {
            octets += data.size();
            hasher.feed(data);
        }
        return {};
    }
    Result<void> part_ends() override { return {}; }
};

Async<void> send(channel::Connection& to, std::string envelope, std::uint64_t octets) {
    const std::string begin = "--b1\r\nContent-Type: text/xml; charset=UTF-8\r\n\r\n" + envelope +
                              "\r\n--b1\r\nContent-Type: application/octet-stream\r\n\r\n";
    const std::string end = "\r\n--b1--\r\n";
    const auto head = fmt::format(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/related; boundary=b1\r\nContent-Length: {}\r\n\r\n",
        begin.size() + octets + end.size());
    auto sent = co_await to.write(head + begin);
    for (std::uint64_t number = 0; sent && number * bench::block_octets < octets; ++number) {
        const auto piece = bench::block(number);
        sent = co_await to.write(piece);
    }
    if (sent) sent = co_await to.write(end);
    co_return sent;
}

Async<void> receive(channel::Connection& from, Arriving& arriving) {
    auto head = co_await from.read_head({}, 60s);
    if (!head) co_return head.error();
    const auto type = message::field(head->fields, "Content-Type").value_or("");
    std::optional<message::MimeReader> reader;
    if (type.starts_with("multipart/")) reader.emplace(*message::boundary_of(type), message::MimeRules::peer, arriving);
    for (;;) {
        auto octets = co_await from.read_body(60s);
        if (!octets) co_return octets.error();
        if (octets->empty()) break;
        if (!reader) arriving.envelope += *octets;
        auto taken = reader ? reader->feed(*octets) : Result<void>();
        if (!taken) co_return taken.error();
    }
    co_return reader ? reader->end() : Result<void>();
}

/// One exchange with `octets` attached to the question.
Async<void> exchange(Aim aim, std::string envelope, std::uint64_t octets, Arriving& arriving) {
    const channel::ConnectTo to{.host = aim.address, .port = aim.port, .tls = nullptr};
    auto connection = co_await channel::Connection::open(to);
    if (!connection) co_return connection.error();
    auto sent = co_await send(**connection, std::move(envelope), octets);
    if (!sent) co_return sent.error();
    auto received = co_await receive(**connection, arriving);
    co_return received;
}

std::string asking(std::string_view content) {
    return hostile_soap::changed(hostile_soap::envelope(), fmt::format("<p:plate>CA 123</p:plate> => {}", content));
}

void ask(const LargeWorld& soap, std::string_view content, std::uint64_t octets, Arriving& arriving) {
    auto done = run(exchange(soap.consumer(), asking(content), octets, arriving));
    if (!done) FAIL_CHECK(done.error().detail);
    CAPTURE(arriving.envelope);
    CHECK(contains(arriving.envelope, "getPermitResponse"));
}

/// Highest resident memory of this process since `forget`, in KiB.
class Resident {
public:
    Resident() {
        std::ofstream("/proc/self/clear_refs") << "5";
        before_ = field("VmRSS:");
    }
    long grown() const { return field("VmHWM:") - before_; }

private:
    static long field(const std::string& wanted) {
        std::ifstream status("/proc/self/status");
        for (std::string word; status >> word;)
            if (word == wanted) {
                long kib = 0;
                status >> kib;
                return kib;
            }
        return 0;
    }
    long before_ = 0;
};

}  // namespace

TEST_CASE(
    "an attachment of any size arrives as it was sent, in a question and in an answer, and memory stays bounded") {
    LargeWorld soap;
    Arriving first, answer, attached;
    ask(soap, "<p:digest>1</p:digest>", bench::block_octets, first);  // what is made on first use is made

    const Resident resident;
    ask(soap, "<p:digest>1</p:digest>", large, answer);
    ask(soap, fmt::format("<p:octets>{}</p:octets>", large), 0, attached);
    if (!sanitized) CHECK(resident.grown() <= 16 * 1024);  // of two servers, the caller and the service

    keys::Hasher hasher;
    for (std::uint64_t number = 0; number * bench::block_octets < large; ++number) hasher.feed(bench::block(number));
    const auto digest = hasher.value();
    CHECK(contains(answer.envelope, fmt::format("<b:octets>{}</b:octets><b:sha512>{}<", large, to_hex(digest))));
    CHECK(attached.parts == 2);
    CHECK(attached.octets == large);
    CHECK(attached.hasher.value() == digest);
    soap.door.reset();
}
