#include "schemas/base/failpoint.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>

using namespace onceway;
using namespace onceway::tests;

#define FAILPOINTS_OR_RETURN                                   \
    if (!failpoint::built) {                                   \
        MESSAGE("skipped: a release build has no failpoints"); \
        return;                                                \
    }

TEST_CASE("a failpoint that nobody set does nothing") { CHECK(failpoint::reached("log.commit") == 0); }

TEST_CASE("every failpoint has a name of its own and a sentence about its step") {
    std::set<std::string_view> names;
    for (const auto& row : failpoint::table) {
        CHECK(names.insert(row.name).second);
        CHECK(row.step.size() > 10);
    }
}

TEST_CASE("a setting strikes the time it names, once, and no longer than its scope") {
    FAILPOINTS_OR_RETURN {
        const failpoint::Set third("log.commit:3=fail");
        CHECK(failpoint::reached("log.commit") == 0);
        CHECK(failpoint::reached("log.commit") == 0);
        CHECK(third.struck() == 0);
        CHECK(failpoint::reached("log.commit") == EIO);
        CHECK(failpoint::reached("log.commit") == 0);
        CHECK(third.struck() == 1);
    }
    CHECK(failpoint::reached("log.commit") == 0);
}

TEST_CASE("a setting for ever strikes from its time on, for the subjects it names only") {
    FAILPOINTS_OR_RETURN
    const failpoint::Set full("sqlite.sync@messages.db:2+=full");
    CHECK(failpoint::reached("sqlite.sync", "/a/messages.db-wal") == 0);
    CHECK(failpoint::reached("sqlite.sync", "/a/index.db-wal") == 0);
    CHECK(failpoint::reached("sqlite.sync", "/a/messages.db-wal") == ENOSPC);
    CHECK(failpoint::reached("sqlite.write", "/a/messages.db-wal") == 0);
    CHECK(failpoint::reached("sqlite.sync", "/a/messages.db") == ENOSPC);
    CHECK(full.struck() == 2);
}

TEST_CASE("several settings stand side by side, and a step may take longer") {
    FAILPOINTS_OR_RETURN
    const failpoint::Set two("peer.send=delay30, service.send=fail");
    const auto begun = std::chrono::steady_clock::now();
    CHECK(failpoint::met("peer.send"));
    CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(30));
    const auto met = failpoint::met("service.send");
    REQUIRE_FALSE(met);
    CHECK(met.error().code == FaultCode::network_error);
    CHECK(contains(met.error().detail, "calls the information system"));
}

TEST_CASE("a failpoint may end the process as kill -9 does") {
    FAILPOINTS_OR_RETURN
    const auto child = ::fork();
    if (child == 0) {
        const failpoint::Set now("log.committed=kill");
        failpoint::reached("log.committed");
        std::_Exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
}

TEST_CASE("the environment sets the failpoints of a program; settings without sense end it") {
    FAILPOINTS_OR_RETURN
    const auto run_with = [](const std::string& settings) {
        return run_tool({"env", "ONCEWAY_FAILPOINTS=" + settings, std::filesystem::read_symlink("/proc/self/exe"),
                         "--test-case=a failpoint that nobody set does nothing"});
    };
    CHECK(run_with("log.commit:2=fail").status == 0);
    CHECK(run_with("log.commit=fail").status == 1);
    const auto refused = run_with("log.sink=fail");
    CHECK(refused.status == 2);
    CHECK(contains(refused.output, "there is no such failpoint"));
}

TEST_CASE("a setting is refused, with its reason, when it") {
    FAILPOINTS_OR_RETURN
    struct {
        const char* why;
        const char* text;
        const char* says;
    } const wrong[] = {
        {"names no failpoint", "log.sink=fail", "there is no such failpoint"},
        {"has no action", "log.commit", "it has no action"},
        {"has another action", "log.commit=explode", "an action is fail, full, kill or delay"},
        {"counts in words", "log.commit:two=fail", "a number is missing"},
        {"delays for nothing", "log.commit=delay", "a number is missing"},
        {"makes fail what is done already", "log.committed=fail", "cannot fail any more"},
    };
    for (const auto& [why, text, says] : wrong) SUBCASE(why) {
            std::string told;
            try {
                const failpoint::Set set(text);
            } catch (const std::invalid_argument& refused) {
                told = refused.what();
            }
            CHECK(contains(told, says));
            CHECK(contains(told, text));
        }
}
