// The commands as an operator runs them: exit status and report.
#include "central-registry/admin/commands.hpp"

#include "central-registry/members/store.hpp"
#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <boost/json.hpp>

#include <cstdio>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;
namespace json = boost::json;

namespace {

/// Exit status, and what stood on stdout.
struct Ran {
    int status = 0;
    std::string out;
    json::object report() const { return json::parse(out).as_object(); }
};

/// Runs the program's own entry with these arguments; stdout goes to a file meanwhile.
Ran ran(const std::filesystem::path& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"onceway-registry", "--data", (folder / "registry").string()});
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    const auto file = folder / "stdout";
    std::fflush(stdout);
    const int before = ::dup(STDOUT_FILENO);
    REQUIRE(std::freopen(file.c_str(), "w", stdout) != nullptr);
    Ran result;
    result.status = run(static_cast<int>(pointers.size()), pointers.data());
    std::fflush(stdout);
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
    result.out = contents_of(file);
    return result;
}

constexpr std::string_view state_file = R"(instance = "TEST"
[classes]
GOV = "Government"
[management]
provider = "GOV/1/M"
[[members]]
class = "GOV"
code = "1"
name = "Registry"
subsystems = ["M"]
)";

}  // namespace

TEST_CASE("from nothing to a publication: init, apply, publish, status") {
    TemporaryFolder folder;
    write_file(folder / "state.toml", state_file);
    const auto state = (folder / "state.toml").string();

    const auto made =
        ran(folder.path(), {"init", "--instance", "TEST", "--address", "127.0.0.1:8880", "--key", "ec", "--json"});
    CHECK(made.status == 0);
    CHECK(made.report().at("format") == "onceway-registry-init/1");
    const auto hash = made.report().at("anchors").as_object().at("internal").as_object().at("hash");
    CHECK(hash.as_string().size() == 28 * 3 - 1);

    const auto again = ran(folder.path(), {"init", "--instance", "TEST", "--json"});
    CHECK(again.status == 1);
    CHECK(contains(again.report().at("reason").as_string(), "already"));

    const auto early = ran(folder.path(), {"publish", "--json"});
    CHECK(early.status == 1);
    CHECK(contains(early.report().at("reason").as_string(), "management provider"));
    CHECK(ran(folder.path(), {"status"}).status == 1);

    const auto dry = ran(folder.path(), {"apply", "--dry-run", "--json", state});
    CHECK(dry.status == 0);
    CHECK(dry.report().at("decision").is_null());
    CHECK(dry.report().at("changes").as_array().size() == 4);

    const auto applied = ran(folder.path(), {"apply", "--operator", "anna", "--json", state});
    CHECK(applied.report().at("decision") == 2);
    CHECK(applied.report().at("summary") == "4 added");
    const auto nothing = ran(folder.path(), {"apply", state});
    CHECK(nothing.status == 0);
    CHECK(contains(nothing.out, "nothing was decided"));

    const auto published = ran(folder.path(), {"publish", "--json"});
    CHECK(published.status == 0);
    CHECK(published.report().at("anchors").as_object().at("internal").as_object().at("hash") == hash);

    const auto told = ran(folder.path(), {"status", "--json"});
    CHECK(told.status == 0);
    CHECK(told.report().at("ok") == true);
    CHECK(told.report().at("decisions").as_array().at(0).as_object().at("operator") == "anna");
    CHECK(told.report().at("published").as_object().at("folder") == published.report().at("folder"));
    CHECK(contains(ran(folder.path(), {"status"}).out, std::string(hash.as_string())));
}

TEST_CASE("a passphrase in a file of the operator's is used and never copied") {
    TemporaryFolder folder;
    write_file(folder / "passphrase", "correct horse battery staple\n");
    std::filesystem::permissions(folder / "passphrase",
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto file = (folder / "passphrase").string();
    write_file(folder / "state.toml", state_file);
    CHECK(ran(folder.path(), {"init", "--instance", "TEST", "--key", "ec", "--passphrase-file", file}).status == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "registry" / "secret"));
    CHECK(ran(folder.path(), {"apply", (folder / "state.toml").string()}).status == 0);
    CHECK(ran(folder.path(), {"publish", "--passphrase-file", file}).status == 0);
    CHECK(ran(folder.path(), {"publish"}).status == 2);
}

TEST_CASE("a command that cannot tell ends with status 2, one whose answer is no with 1") {
    TemporaryFolder folder;
    struct {
        const char* what;
        std::vector<std::string> arguments;
        int status;
    } const rows[] = {
        {"no command", {}, 2},
        {"an unknown option", {"status", "--colour"}, 2},
        {"no registry", {"status"}, 2},
        {"no registry to publish", {"publish"}, 2},
        {"no registry to apply to", {"apply", "state.toml"}, 2},
        {"an instance that may not be", {"init", "--instance", "a/b"}, 1},
        {"an address that is none", {"init", "--instance", "T", "--address", "http://x"}, 1},
    };
    for (const auto& [what, arguments, status] : rows)
        CHECK_MESSAGE(ran(folder.path(), arguments).status == status, what);
}

TEST_CASE("https is announced beside http: on the same host, with a port of its own where http has one") {
    struct {
        const char* address;
        const char* https;
    } const rows[] = {
        {"registry.test", "registry.test"},
        {"127.0.0.1:8880", "127.0.0.1:8843"},
    };
    for (const auto& [address, https] : rows) {
        TemporaryFolder folder;
        REQUIRE(ran(folder.path(), {"init", "--instance", "T", "--key", "ec", "--address", address}).status == 0);
        auto database = must(open_database(folder / "registry"));
        CHECK(load_state(database).publication.https_address == https);
    }
}
