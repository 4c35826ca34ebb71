// What a kill at any instant leaves behind: nothing that was acknowledged is missing, and no number.
#include "security-server/records/check.hpp"
#include "security-server/records/message_log.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/spawn.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <csignal>
#include <cstdlib>
#include <random>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

constexpr const char* folder_name = "ONCEWAY_CRASH_TEST_FOLDER";
constexpr const char* writer_name = "the writer that a crash test kills";

std::string body_for(std::string_view id) { return std::string(id.back() == '7' ? 300'000 : 500, id.front()); }

/// Appends for ever; writes each acknowledged message id to standard output in one piece.
boost::asio::awaitable<void> append_for_ever(MessageLog& log, std::string prefix, std::filesystem::path spool) {
    for (int i = 0;; ++i) {
        const auto id = prefix + '-' + std::to_string(i);
        auto body = std::make_shared<channel::Payload>(spool);
        auto taken = co_await body->append(body_for(id));
        if (!taken) std::_Exit(3);
        body->seal();
        auto record = with_evidence(request(id, body));
        auto number = co_await log.append(std::move(record));
        if (!number) std::_Exit(4);
        const auto line = std::to_string(*number) + ' ' + id + '\n';
        if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(5);
    }
}

/// Runs the writer in a process of its own until it has acknowledged `most` records, and kills it there.
std::string acknowledged_before_the_kill(const std::filesystem::path& folder, std::size_t most) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[0]);
        ::setenv(folder_name, folder.c_str(), 1);
        ::execl("/proc/self/exe", "crash-test", "--no-skip", "--minimal",
                ("--test-case=" + std::string(writer_name)).c_str(), nullptr);
        std::_Exit(6);
    }
    ::close(ends[1]);
    std::string told;
    char room[4096];
    for (ssize_t count = 0; (count = ::read(ends[0], room, sizeof room)) > 0;) {
        told.append(room, static_cast<std::size_t>(count));
        if (static_cast<std::size_t>(std::count(told.begin(), told.end(), '\n')) >= most) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    return told.substr(0, told.rfind('\n') + 1);
}

}  // namespace

TEST_CASE("the writer that a crash test kills" * doctest::skip()) {
    const char* folder = std::getenv(folder_name);
    if (!folder) return;
    auto log = open_log(std::filesystem::path(folder) / "log");
    boost::asio::io_context context;
    for (const auto* prefix : {"a", "b", "c", "d"})
        spawn(context, append_for_ever(*log, prefix + random_uuid(), folder), Thrown::is_ignored);
    context.run();
}

TEST_CASE("a kill at any instant loses nothing that was acknowledged, and no number") {
    const TemporaryFolder folder;
    std::size_t acknowledged = 0;
    std::mt19937 chance(std::random_device{}());
    for (int round = 0; round < 20; ++round) {
        const auto told = acknowledged_before_the_kill(folder.path(), chance() % 40);
        auto log = open_log(folder / "log");  // its tail is checked here, and the bodies it names
        std::istringstream lines(told);
        std::uint64_t number = 0, last = 0;
        std::string id;
        while (lines >> number >> id) {
            CAPTURE(id);
            const auto found = must(log->find(consumer, id));
            REQUIRE(found.size() == 1);
            CHECK(found.front().number == number);
            last = std::max(last, number);
            ++acknowledged;
        }
        CHECK(log->health().last_number >= last);
    }
    const auto checked = must(check_log(folder / "log", {}));
    CHECK(checked.records >= acknowledged);
    MESSAGE(acknowledged << " records were acknowledged before twenty kills; " << checked.records << " are there");
}
