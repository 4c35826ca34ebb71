// The page of threats is true: every row is there, in order, and the tests that a row names exist.
#include "tests/conformance/pages.hpp"

#include <sstream>

using namespace onceway;
using namespace onceway::tests;

TEST_CASE("every row of the threats has a defence and at least one test, and all of them exist") {
    const std::regex row(R"re(^\| (\d+) \| ([^|]+) \| ([^|]+) \| (.+) \|$)re");
    const std::regex named(R"re(`([^`]+)`: "([^"]+)")re");
    std::istringstream lines(file_of_tree("docs/threats.md"));
    int expected = 1;
    for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (!std::regex_match(line, found, row)) continue;
        CHECK(std::stoi(found[1]) == expected++);
        const std::string tests = found[4];
        int shown = 0;
        for (std::sregex_iterator test(tests.begin(), tests.end(), named), end; test != end; ++test, ++shown)
            CHECK_MESSAGE(is_tested((*test)[1], (*test)[2]), test->str());
        CHECK_MESSAGE(shown > 0, line);
        const auto left = std::regex_replace(tests, named, "");
        CHECK_MESSAGE(left.find_first_not_of("; ") == std::string::npos, "not a test: ", left);
    }
    CHECK(expected == 28);
}
