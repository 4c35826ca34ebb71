// The commands of docs/operators/services.md, one after another, against a server that was just made.
#include "security-server/admin/command_line.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/admin/stopped_server.hpp"
#include "tests/certs/channel/door.hpp"
#include "tests/security-server/descriptions/samples.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>

using namespace onceway;
using namespace onceway::tests;
using boost::asio::awaitable;

namespace {

/// Words as a shell takes them: blanks divide, quotes hold together.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words(1);
    char quote = 0;
    for (const char c : line) {
        if (quote ? c == quote : c == '\'' || c == '"')
            quote = quote ? 0 : c;
        else if (c == ' ' && !quote)
            words.emplace_back();
        else
            words.back() += c;
    }
    return words;
}

std::vector<std::string> commands_of_page() {
    std::ifstream page(std::string(ONCEWAY_SOURCE_DIR) + "/docs/operators/services.md");
    std::vector<std::string> commands;
    for (std::string line; std::getline(page, line);)
        if (line.starts_with("onceway-server ")) commands.push_back(line);
    return commands;
}

/// Nothing of what a command prints is for the reader of the test.
class Silence {
public:
    Silence() {
        std::fflush(stdout);
        std::fflush(stderr);
        const int nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, 1);
        ::dup2(nowhere, 2);
        ::close(nowhere);
    }
    ~Silence() {
        std::fflush(stdout);
        std::fflush(stderr);
        ::dup2(out_, 1);
        ::dup2(err_, 2);
        ::close(out_);
        ::close(err_);
    }

private:
    int out_ = ::dup(1), err_ = ::dup(2);
};

struct World {
    TemporaryFolder folder;
    const std::filesystem::path home = folder / "home";
    OpenDoor door{[](channel::Exchange& exchange) { return answer(exchange); }};

    World() {
        admin::NewServer wanted{home, {}, {}, "1234-5678", false};
        wanted.file.id = {{"ZA-WC", "GOV", "HOME"}, "ss1"};
        wanted.file.inside = wanted.file.outside = "127.0.0.1";
        must(admin::make_server(wanted, Clock::system()));
    }
    static awaitable<void> answer(channel::Exchange& exchange) {
        const bool soap = exchange.head().target == "/soap?wsdl";
        const auto body = soap ? wsdl_of({{"apply", "v1"}, {"appeal", ""}}) : openapi_of({"/persons", "/persons/{id}"});
        const message::Fields fields{{"Content-Type", soap ? "text/xml" : "application/json"}};
        [[maybe_unused]] auto sent = co_await exchange.respond(200, "OK", fields, body);
    }
    int run(std::string line) const {
        const std::string example = "http://grants.home.example",
                          ours = "http://127.0.0.1:" + std::to_string(door.port());
        for (auto at = line.find(example); at != std::string::npos; at = line.find(example, at + ours.size()))
            line.replace(at, example.size(), ours);
        auto words = words_of(line);
        words.insert(words.end(), {"--dir", home.string()});
        if (std::ranges::count(words, "--dry-run") == 0) words.emplace_back("--yes");
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const Silence silence;
        return admin::command_line(static_cast<int>(words.size()), arguments.data(),
                                   [](const admin::ServerFile&) { return 2; });
    }
    access::State state() const {
        const auto file = must(admin::load_server_file(home));
        return *must(admin::StateStore::open(file.state(), file.id, Clock::system()))->current();
    }
};

}  // namespace

TEST_CASE("every command of the page about services works, in its order") {
    World world;
    const auto commands = commands_of_page();
    REQUIRE(commands.size() > 20);
    std::uint64_t revisions = 0;
    for (const auto& command : commands) {
        CAPTURE(command);
        CHECK(world.run(command) == 0);
        // A document that stayed as it was makes no revision.
        if (command.find("description refresh") == std::string::npos) ++revisions;
        CHECK(world.state().revision == revisions);
    }
    CHECK(world.state().clients.empty());  // the last one removes the client
}

TEST_CASE("with --yes alone nothing is applied in spite of warnings") {
    World world;
    const std::string client = "onceway-server client add ZA-WC/GOV/HOME/grants";
    REQUIRE(world.run(client) == 0);
    const std::string add =
        "onceway-server description add ZA-WC/GOV/HOME/grants --type openapi --code a --url "
        "http://grants.home.example/openapi.json";
    REQUIRE(world.run("onceway-server service add ZA-WC/GOV/HOME/grants mine --url http://127.0.0.1/") == 0);
    REQUIRE(world.run(add) == 0);
    write_file(world.folder / "check", "#!/bin/sh\necho a doubt >&2\n");
    std::ofstream(world.home / "server.toml", std::ios::app)
        << "\n[services]\nwsdl_validator = [\"/bin/sh\", \"" << (world.folder / "check").string() << "\"]\n";
    const std::string doubtful =
        "onceway-server description add ZA-WC/GOV/HOME/grants --type wsdl --url http://grants.home.example/soap?wsdl";
    CHECK(world.run(doubtful) == 1);
    CHECK(world.run(doubtful + " --json") == 1);
    CHECK(world.state().revision == 3);
    CHECK(world.run(doubtful + " --dry-run") == 0);
    CHECK(world.state().revision == 3);
    CHECK(world.run(doubtful + " --ignore-warnings") == 0);
    CHECK(world.state().revision == 4);
}

TEST_CASE("a command line that is not understood changes nothing, with exit status 2") {
    World world;
    for (const char* line :
         {"onceway-server description add ZA-WC/GOV/HOME/grants", "onceway-server right grant ZA-WC/GOV/HOME/grants a",
          "onceway-server description", "onceway-server service set ZA-WC/GOV/HOME/grants a --timeout soon",
          "onceway-server group join ZA-WC/GOV/HOME/grants g"}) {
        CAPTURE(line);
        CHECK(world.run(line) == 2);
    }
    CHECK(world.state().revision == 0);
}
