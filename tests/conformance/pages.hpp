// Pages of docs that name tests, and the tests they name.
#pragma once

#include "schemas/store/database.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <string>

namespace onceway::tests {

/// A file of the source tree.
inline std::string file_of_tree(const std::string& path) {
    auto octets = store::read_whole(std::string(ONCEWAY_SOURCE_DIR) + "/" + path, 4 * 1024 * 1024);
    REQUIRE_MESSAGE(octets, path);
    return *octets;
}

/// Whether the test file holds a test of this name, or of one that begins so; it may stand on two lines there.
inline bool is_tested(const std::string& file, const std::string& name) {
    static const std::regex joint(R"re("\s*\n\s*")re");
    const auto text = std::regex_replace(file_of_tree("tests/" + file), joint, "");
    return contains(text, '"' + name);
}

}  // namespace onceway::tests
