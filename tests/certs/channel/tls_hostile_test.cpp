// A caller who shows the certificate of another: what it cannot prove, it does not get. Threat row 25.
#include "tests/certs/channel/door.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace onceway;
using tests::contains;
using tests::must;

namespace {

/// Stands between a caller and a door, and lets everything pass but one kind of handshake message in the clear.
class Censor {
public:
    Censor(std::uint16_t door, int message) : message_(message) {
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto own = tests::loopback(0);
        socklen_t size = sizeof own;
        ::bind(listening_, reinterpret_cast<const sockaddr*>(&own), size);
        ::listen(listening_, 1);
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&own), &size);
        port_ = ntohs(own.sin_port);
        thread_ = std::jthread([this, door] { carry(door); });
    }
    ~Censor() {
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }
    std::uint16_t port() const { return port_; }
    bool left_out() const { return left_out_; }

private:
    void carry(std::uint16_t door) {
        const int caller = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto to = tests::loopback(door);
        if (caller < 0 || ::connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return;
        std::jthread back([caller, server] { pass(server, caller); });
        std::string got;
        char room[16384];
        for (ssize_t n = 0; (n = ::recv(caller, room, sizeof room, 0)) > 0;) {
            got.append(room, static_cast<std::size_t>(n));
            if (!send_records(got, server)) break;
        }
        ::shutdown(server, SHUT_WR);
        back.join();
        ::close(caller);
        ::close(server);
    }
    /// Sends the whole records of `got` on; until the keys change, all but those of the message to leave out.
    bool send_records(std::string& got, int server) {
        const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(got[at]); };
        while (got.size() >= 6) {
            const std::size_t size = 5 + octet(3) * 256u + octet(4);
            if (got.size() < size) return true;
            if (octet(0) == 20) encrypted_ = true;  // ChangeCipherSpec
            const bool leave_out = !encrypted_ && octet(0) == 22 && octet(5) == message_;
            left_out_ = left_out_ || leave_out;
            if (!leave_out && ::send(server, got.data(), size, MSG_NOSIGNAL) < 0) return false;
            got.erase(0, size);
        }
        return true;
    }
    static void pass(int from, int to) {
        char room[16384];
        for (ssize_t n = 0; (n = ::recv(from, room, sizeof room, 0)) > 0;)
            if (::send(to, room, static_cast<std::size_t>(n), MSG_NOSIGNAL) < 0) break;
        ::shutdown(to, SHUT_WR);
    }

    const int message_;
    int listening_ = -1;
    std::uint16_t port_ = 0;
    bool encrypted_ = false;
    std::atomic<bool> left_out_ = false;
    std::jthread thread_;
};

constexpr int certificate_verify = 15, none_at_all = 255;

}  // namespace

TEST_CASE("a caller that shows a certificate without proving that it has the key is refused, and the door goes on") {
    const tests::CertificateAuthority authority;
    const auto own = authority.issue_authentication("server.test"), victim = authority.issue_authentication("victim");
    std::atomic<int> seen = 0;
    auto count = [&](channel::Exchange& exchange) {
        ++seen;
        return tests::echo(exchange);
    };
    channel::ListenerSettings settings;
    settings.tls = must(channel::TlsContext::peer_server({{own.certificate}, own.key},
                                                         [](const x509::Certificate&) { return true; }, {}));
    const tests::OpenDoor door(count, settings);
    const tests::TemporaryFolder folder;
    tests::write_file(folder / "leaf.pem", victim.certificate.pem());
    tests::write_file(folder / "key.pem", victim.key->to_pem(""));
    const auto ask = [&](std::uint16_t port) {
        const auto at = folder.path().string();
        const auto command =
            "printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | timeout 20 openssl s_client "
            "-tls1_2 -ign_eof -connect 127.0.0.1:" +
            std::to_string(port) + " -cert " + at + "/leaf.pem -key " + at + "/key.pem";
        return tests::run_tool({"sh", "-c", command}).output;
    };
    {
        const Censor nothing(door.port(), none_at_all);
        CHECK(contains(ask(nothing.port()), "200 OK"));
        CHECK_FALSE(nothing.left_out());
    }
    {
        const Censor censor(door.port(), certificate_verify);
        const auto refused = ask(censor.port());
        CHECK(censor.left_out());
        CHECK(contains(refused, "alert"));
        CHECK_FALSE(contains(refused, "200 OK"));
    }
    CHECK(seen == 1);
    CHECK(contains(ask(door.port()), "200 OK"));
}
