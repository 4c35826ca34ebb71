#include "adapters/database/command_line.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

/// Sends a descriptor to a file while it lives.
class Caught {
public:
    Caught(int descriptor, std::filesystem::path path)
        : descriptor_(descriptor), kept_(::dup(descriptor)), path_(std::move(path)) {
        const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        std::fflush(nullptr);
        ::dup2(file, descriptor_);
        ::close(file);
    }
    ~Caught() { release(); }
    std::string release() {
        if (kept_ >= 0) {
            std::fflush(nullptr);
            ::dup2(kept_, descriptor_);
            ::close(kept_);
            kept_ = -1;
        }
        return contents_of(path_);
    }

private:
    int descriptor_, kept_;
    std::filesystem::path path_;
};

struct Ran {
    int status;
    std::string out, err;
};
Ran run(const TemporaryFolder& folder, std::vector<std::string> words) {
    words.insert(words.begin(), "onceway-adapter");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    Caught out(STDOUT_FILENO, folder / "out"), err(STDERR_FILENO, folder / "err");
    const int status = database::command_line(static_cast<int>(argv.size()), argv.data());
    auto out_text = out.release();
    return {status, std::move(out_text), err.release()};
}

Ran generate(const TemporaryFolder& folder, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"generate",
                                      "--people",
                                      "50",
                                      "--population",
                                      (folder / "population.db").string(),
                                      "--immunisation",
                                      (folder / "immunisation.db").string()};
    words.insert(words.end(), more.begin(), more.end());
    return run(folder, words);
}

std::filesystem::path example(const TemporaryFolder& folder, const std::string& name) {
    const auto source = std::filesystem::path(ONCEWAY_SOURCE_DIR) / "adapters/database/examples" / name;
    std::filesystem::copy_file(source, folder / name, std::filesystem::copy_options::overwrite_existing);
    return folder / name;
}

}  // namespace

TEST_CASE("registers are generated, and said in words or as JSON") {
    TemporaryFolder folder;
    const auto words = generate(folder);
    CHECK(words.status == 0);
    CHECK(contains(words.out, "50 invented people"));
    CHECK(std::filesystem::exists(folder / "population.db"));
    const auto refused = generate(folder);
    CHECK(refused.status == 1);
    CHECK(contains(refused.err, "is there already"));
    const auto replaced = generate(folder, {"--replace", "--seed", "2", "--year", "2030", "--json"});
    REQUIRE(replaced.status == 0);
    const auto said = json::parse(replaced.out);
    CHECK(said.at("format") == "onceway-adapter-generate/1");
    CHECK(said.at("people") == 50);
    CHECK(said.at("year") == 2030);
}

TEST_CASE("the examples can be checked against generated registers") {
    TemporaryFolder folder;
    REQUIRE(generate(folder).status == 0);
    const auto words = run(folder, {"serve", example(folder, "population-register.toml").string(), "--check"});
    CHECK_MESSAGE(words.status == 0, words.err);
    CHECK(contains(words.out, "GET /persons/{identity_number}"));
    CHECK(contains(words.out, "16 columns"));
    const auto as_json =
        run(folder, {"serve", example(folder, "immunisation-register.toml").string(), "--check", "--json"});
    CHECK_MESSAGE(as_json.status == 0, as_json.err);
    const auto said = json::parse(as_json.out);
    CHECK(said.at("ok") == true);
    CHECK(said.at("endpoints").at(0).at("path") == "/immunisations/{identity_number}");
    const auto description = run(folder, {"openapi", (folder / "immunisation-register.toml").string()});
    CHECK(description.status == 0);
    CHECK(json::parse(description.out).at("openapi") == "3.0.3");
}

TEST_CASE("the status is 1 when something is refused, with the reason on stderr and nothing on stdout") {
    TemporaryFolder folder;
    const auto declaration = example(folder, "population-register.toml");
    const auto no_database = run(folder, {"serve", declaration.string(), "--check", "--json"});
    CHECK(no_database.status == 1);
    CHECK(no_database.out.empty());
    CHECK(contains(no_database.err, "population.db"));
    write_file(folder / "wrong.toml", "databse = 'x'\n");
    const auto wrong = run(folder, {"serve", (folder / "wrong.toml").string()});
    CHECK(wrong.status == 1);
    CHECK(contains(wrong.err, "databse: is not known here"));
    CHECK(run(folder, {"openapi", (folder / "none.toml").string()}).status == 1);
}

TEST_CASE("the status is 2 when the words make no sense, and 0 for help and version") {
    TemporaryFolder folder;
    for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                   {"sing"},
                                                                   {"serve"},
                                                                   {"serve", "x", "--port", "70000"},
                                                                   {"generate", "--people", "0"},
                                                                   {"generate", "--unknown"}}) {
        const auto ran = run(folder, words);
        CHECK(ran.status == 2);
        CHECK_FALSE(ran.err.empty());
    }
    const auto help = run(folder, {"--help"});
    CHECK(help.status == 0);
    for (const auto* word : {"serve", "openapi", "generate", "Exit status"}) CHECK(contains(help.out, word));
    CHECK(contains(run(folder, {"--version"}).out, "onceway-adapter " ONCEWAY_VERSION));
    CHECK(contains(run(folder, {"serve", "--help"}).out, "--check"));
}
