#include "schemas/base/log.hpp"

#include "schemas/base/bytes.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <fcntl.h>
#include <unistd.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// What `work` writes to stderr.
template <class Work>
std::string written_by(Work work) {
    TemporaryFolder folder;
    const auto path = folder / "stderr";
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int kept = ::dup(STDERR_FILENO);
    ::dup2(file, STDERR_FILENO);
    work();
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    ::close(file);
    return contents_of(path);
}

/// Hostile values, as they come from outside.
const std::string hostile[] = {
    "a\r\nINFO forged=1",
    "\x1b[2J",
    "${jndi:ldap://x}",
    "\xff\xfe",
    std::string(1'000'000, 'x'),
    "\"quoted\\\"",
    std::string("\0", 1),
    "\x7f",
    "ä€𝄞",
    "",
    "a b=c",
    std::string(1023, 'x') + "€",
    "\xe2\x80\xa8",
};

}  // namespace

TEST_CASE("whatever a field holds, an event is one line") {
    for (const auto& value : hostile) {
        log::set_up(log::Level::info, log::Format::text);
        const auto line = written_by([&] { log::info("message.refused", {{"client", value}, {"took_ms", 41}}); });
        CHECK(count_of(line, "\n") == 1);
        CHECK(line.back() == '\n');
        CHECK(line.size() < 6 * 1024 + 200);
        CHECK(is_utf8(line));
        CHECK(contains(line, " took_ms=41\n"));
        for (const char c : line) CHECK_FALSE((static_cast<unsigned char>(c) < 0x20 && c != '\n'));
    }
}

TEST_CASE("whatever a field holds, a JSON event is one valid object") {
    log::set_up(log::Level::info, log::Format::json);
    for (const auto& value : hostile) {
        const auto line =
            written_by([&] { log::warning("message.refused", {{"client", value}, {"octets", std::int64_t{-5}}}); });
        CHECK(count_of(line, "\n") == 1);
        boost::system::error_code error;
        const auto parsed = boost::json::parse(line, error);
        REQUIRE_MESSAGE(!error, line.substr(0, 100));
        CHECK(parsed.at("event") == "message.refused");
        CHECK(parsed.at("level") == "warning");
        CHECK(parsed.at("octets") == "-5");
        const std::string read(parsed.at("client").as_string());
        if (is_utf8(value) && value.size() <= 1024) CHECK(read == value);
        CHECK(read.size() <= 1024 * 3 + 3);
    }
    log::set_up(log::Level::info, log::Format::text);
}

TEST_CASE("events below the level are not written") {
    log::set_up(log::Level::warning, log::Format::text);
    CHECK(written_by([] { log::info("x.happened"); }).empty());
    CHECK(contains(written_by([] { log::error("x.failed", {{"a", "b"}}); }), "error   x.failed a=b\n"));
    log::set_up(log::Level::info, log::Format::text);
}
