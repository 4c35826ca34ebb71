// The conformance pages are true: every numbered statement has its row, and every test that a row names is there.
#include "tests/conformance/pages.hpp"

#include <sstream>

using namespace onceway;
using namespace onceway::tests;

TEST_CASE("each conformance page has a row for every statement, and the tests it names exist") {
    struct {
        const char* page;
        int statements;
    } const pages[] = {{"message-transport.md", 125},
                       {"global-configuration.md", 104},
                       {"message-log.md", 98},
                       {"server-services.md", 45}};
    const std::regex row(R"re(^\| (\d+) \| ([^|]+) \| ([^|]+) \|(?: `([^`]+)`: "(.*)")? *\|$)re");

    for (const auto& [page, statements] : pages) {
        CAPTURE(page);
        std::istringstream lines(file_of_tree("docs/conformance/" + std::string(page)));
        int expected = 1, named = 0;
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("| ") || line.starts_with("| item")) continue;
            std::smatch found;
            REQUIRE_MESSAGE(std::regex_match(line, found, row), line);
            CHECK(std::stoi(found[1]) == expected++);
            const std::string state = found[3], file = found[4], name = found[5];
            const bool known = state.starts_with("kept") || state.starts_with("differs") || state.starts_with("later");
            CHECK_MESSAGE(known, line);
            if (file.empty()) {
                CHECK_MESSAGE(state.starts_with("later"), "only what comes later has no test: ", line);
                continue;
            }
            CHECK_MESSAGE(is_tested(file, name), line);
            ++named;
        }
        CHECK(expected == statements + 1);
        CHECK(named > 0);
    }
}
