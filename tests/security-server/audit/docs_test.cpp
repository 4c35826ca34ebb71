// The auditors' pages name everything that the program says.
#include "certs/container/judging.hpp"
#include "schemas/base/fault_table.hpp"
#include "security-server/audit/inspect.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace onceway;
using namespace onceway::tests;

namespace {

std::string page(const std::string& name) { return contents_of(ONCEWAY_SOURCE_DIR "/docs/auditors/" + name); }

}  // namespace

TEST_CASE("every check stands in checks.md, every kind in inspect.md") {
    for (const auto name : container::check_names)
        CHECK_MESSAGE(contains(page("checks.md"), "| `" + std::string(name) + "` |"), name);
    for (const auto& kind : onceway::audit::kinds())
        CHECK_MESSAGE(contains(page("inspect.md"), "| `" + std::string(kind.name) + "`"), std::string(kind.name));
}

TEST_CASE("every code of a container stands in codes.md") {
    for (const auto& row : fault_table) {
        const std::string code(row.spelling);
        const bool of_receiving = contains(code, "response") || contains(code, "connection");
        if (!code.starts_with("asic_") && (!code.starts_with("mlog.") || of_receiving)) continue;
        if (code == "mlog.timestamp_mismatch") continue;  // said while a time-stamp is received, never of a container
        CHECK_MESSAGE(contains(page("codes.md"), "`" + code + "`"), code);
    }
}
