#include "security-server/transport/delimiter_watch.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// Writes `octets` in pieces of `piece`; gives what came through, and whether all of it did.
std::pair<bool, std::string> watched(std::string_view octets, std::size_t parts, std::size_t piece) {
    transport::KeptOctets kept;
    transport::DelimiterWatch watch(kept, "B", parts);
    for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
        auto written = run(watch.write(octets.substr(0, piece)));
        if (written) continue;
        CHECK(written.error().code == FaultCode::invalid_message);
        CHECK(contains(written.error().detail, "begins like a delimiter"));
        return {false, kept.octets};
    }
    CHECK(run(watch.finish()));
    return {true, kept.octets};
}

}  // namespace

TEST_CASE("a multipart passes as it is, however it is cut, and none passes whole that holds a delimiter more") {
    const struct {
        const char* what;
        std::string octets;
        std::size_t parts;
        bool passes;
    } rows[] = {
        {"one part", "--B\r\n\r\nx\r\n--B--\r\n", 1, true},
        {"two parts", "--B\r\n\r\nx\r\n--B\r\n\r\ny\r\n--B--\r\n", 2, true},
        {"the boundary inside a line", "--B\r\n\r\nx --B--\r\n--B--\r\n", 1, true},
        {"a part that poses as two", "--B\r\n\r\nx\r\n--B\r\n\r\ny\r\n--B--\r\n", 1, false},
        {"a part that poses as the last one", "--B\r\n\r\nx\r\n--B--\r\n--B--\r\n", 1, false},
        {"a line that ends in LF alone", "--B\r\n\r\nx\n--B\r\n\r\ny\r\n--B--\r\n", 1, false},
        {"a line that only begins like a delimiter", "--B\r\n\r\nx\r\n--Bar\r\n--B--\r\n", 1, false},
        {"a part that begins with one", "--B\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n", 1, false},
    };
    for (const auto& [what, octets, parts, passes] : rows)
        for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
            CAPTURE(what);
            CAPTURE(piece);
            const auto [passed, came] = watched(octets, parts, piece);
            CHECK(passed == passes);
            CHECK(octets.starts_with(came));
            CHECK((came.size() == octets.size()) == passes);
        }
}
