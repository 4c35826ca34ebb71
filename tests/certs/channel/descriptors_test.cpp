// A server that has run out of descriptors: nobody spins, nobody waits in vain, what was begun is finished. Threat
// row 20 and threats §6.
#include "schemas/base/log.hpp"
#include "tests/certs/channel/door.hpp"
#include "tests/support/sanitized.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

using namespace onceway;
using namespace std::chrono_literals;
using tests::contains;
using tests::RawCaller;

namespace {

constexpr const char* server_name = "the server that runs out of descriptors";
constexpr rlim_t descriptors = 64;

/// A listener in a process of its own, with few descriptors; it prints its port.
class ShortServer {
public:
    ShortServer() {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::execl("/proc/self/exe", "short-server", "--no-skip", "--minimal",
                    ("--test-case=" + std::string(server_name)).c_str(), nullptr);
            std::_Exit(6);
        }
        ::close(ends[1]);
        std::string told;
        for (char octet = 0; ::read(ends[0], &octet, 1) == 1 && octet != '\n';) told += octet;
        ::close(ends[0]);
        port_ = static_cast<std::uint16_t>(std::stoul(told));
    }
    ~ShortServer() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    std::uint16_t port() const { return port_; }

    /// Processor time used so far.
    std::chrono::milliseconds used() const {
        std::ifstream file("/proc/" + std::to_string(process_) + "/stat");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        std::istringstream rest(text.substr(text.rfind(')') + 2));
        std::vector<std::string> words{std::istream_iterator<std::string>(rest), {}};
        const auto ticks = std::stol(words.at(11)) + std::stol(words.at(12));
        return std::chrono::milliseconds(ticks * 1000 / ::sysconf(_SC_CLK_TCK));
    }

private:
    pid_t process_ = -1;
    std::uint16_t port_ = 0;
};

constexpr std::string_view good = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

bool served(std::uint16_t port) {
    RawCaller caller(port);
    caller.send(good);
    return contains(caller.read_to_end(), "200 OK");
}

}  // namespace

TEST_CASE("the server that runs out of descriptors" * doctest::skip()) {
    log::set_up(log::Level::error, log::Format::text);
    tests::OpenDoor door;
    const rlimit few{descriptors, descriptors};
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto line = std::to_string(door.port()) + '\n';
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(5);
    ::pause();
}

TEST_CASE("a server without descriptors rests, finishes what it has begun, and recovers within a second") {
    const ShortServer server;
    REQUIRE(served(server.port()));

    // 1. Exchanges in flight, and more callers than there are descriptors.
    std::vector<std::unique_ptr<RawCaller>> begun, crowd;
    for (int i = 0; i < 5; ++i) {
        begun.push_back(std::make_unique<RawCaller>(server.port()));
        begun.back()->send("POST /begun HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhe");
    }
    for (rlim_t i = 0; i < 2 * descriptors; ++i) crowd.push_back(std::make_unique<RawCaller>(server.port()));

    // 2. It rests: a caller is sent away now and then, and that is all the work there is.
    const auto before = server.used();
    const auto began = std::chrono::steady_clock::now();
    const auto sent_away = [&] {
        return std::count_if(crowd.begin(), crowd.end(), [](const auto& caller) { return caller->closed_within(0ms); });
    };
    while (sent_away() < 6 && std::chrono::steady_clock::now() < began + 5s) std::this_thread::sleep_for(10ms);
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(sent_away() >= 6);
    const auto used = server.used() - before;
    MESSAGE("resting " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms cost "
                       << used.count() << " ms of processor");
    if (!tests::sanitized) CHECK(used <= took / 10 + 20ms);  // a clock tick or two may fall anywhere

    // 3. What was begun is finished.
    for (auto& caller : begun) {
        caller->send("llo");
        CHECK(contains(caller->read_to_end(), "POST /begun\nhello"));
    }

    // 4. The crowd goes; the next one is served.
    begun.clear();
    crowd.clear();
    const auto went = std::chrono::steady_clock::now();
    bool again = false;
    while (!again && std::chrono::steady_clock::now() < went + 5s) again = served(server.port());
    CHECK(again);
    CHECK(std::chrono::steady_clock::now() - went < 1s);
}
