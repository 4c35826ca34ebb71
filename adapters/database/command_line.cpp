#include "adapters/database/command_line.hpp"

#include "adapters/citizens/registers.hpp"
#include "adapters/database/openapi.hpp"
#include "adapters/database/service.hpp"
#include "adapters/kit/serving.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <cstdio>
#include <functional>

namespace onceway::database {
namespace {

namespace json = boost::json;

enum Outcome { yes = 0, no = 1, could_not_tell = 2 };

constexpr const char* overview =
    "onceway-adapter: puts a database on the bus from a declaration, with no code.\n\n"
    "Declared, read-only SQL queries of a SQLite database are served as REST, with an OpenAPI 3 document at\n"
    "/openapi.json. A security server is then told the adapter's address and who may call it.\n";
constexpr const char* more =
    "From nothing to an answer:\n"
    "  onceway-adapter generate --population population.db --immunisation immunisation.db\n"
    "  onceway-adapter serve population-register.toml --check\n"
    "  onceway-adapter serve population-register.toml\n"
    "  curl http://127.0.0.1:9001/openapi.json\n\n"
    "Exit status: 0 yes or done, 1 no or refused (stderr says why), 2 could not tell.\n"
    "More: docs/adapter-developers/README.md";

struct Words {
    std::filesystem::path declaration;
    std::string address;
    int port = -1;
    bool check = false, json = false, json_log = false;
    citizens::Wish wish;
    std::function<Outcome()> chosen;
};

Outcome complain(const Fault& fault) {
    std::fputs(fmt::format("onceway-adapter: {}\n", fault.detail).c_str(), stderr);
    return no;
}

void print(const std::string& text) {
    std::fputs((text + "\n").c_str(), stdout);
    std::fflush(stdout);
}

std::string described(const Endpoint& endpoint) {
    std::string parameters;
    for (const auto& parameter : endpoint.parameters)
        parameters += fmt::format("{}{} ({}{})", parameters.empty() ? "" : ", ", parameter.name,
                                  name_of(parameter.type), parameter.required ? "" : ", optional");
    const auto gives = endpoint.shape == Shape::one ? std::string("one object or 404")
                                                    : fmt::format("a list of at most {}", endpoint.limit);
    return fmt::format("  {} {}\n      takes {}; gives {}, {} columns", endpoint.method, endpoint.path.text(),
                       parameters.empty() ? "nothing" : parameters, gives, endpoint.columns.size());
}

/// Says what is offered, in words or as one JSON object.
void show(const Declaration& declaration, bool as_json, json::object more_members) {
    json::array endpoints;
    std::string words;
    for (const auto& endpoint : declaration.endpoints) {
        json::object one = {{"method", endpoint.method}, {"path", endpoint.path.text()}, {"summary", endpoint.summary}};
        endpoints.push_back(std::move(one));
        words += described(endpoint) + '\n';
    }
    if (!as_json) return print(words + "  GET /openapi.json");
    more_members["endpoints"] = std::move(endpoints);
    print(json::serialize(more_members));
}

Outcome check(const Declaration& declaration, bool as_json) {
    const auto opened = Register::open(declaration);
    if (!opened) return complain(opened.error());
    if (!as_json) print(fmt::format("{} can be served from {}:", declaration.title, declaration.database.string()));
    show(declaration, as_json, {{"format", "onceway-adapter-check/1"}, {"ok", true}, {"title", declaration.title}});
    return yes;
}

Outcome serve_until_stopped(Declaration declaration, bool as_json) {
    kit::hold_stop_signals();
    auto service = Service::open(declaration);
    if (!service) return complain(service.error());
    const kit::ServingSettings settings{"adapter", declaration.address, declaration.port};
    const auto handler = [&service](const kit::Request& request) { return service->answer(request); };
    auto serving = kit::Serving::open(settings, handler);
    if (!serving) return complain(serving.error());

    const bool bracketed = declaration.address.find(':') != std::string::npos;
    const auto host = bracketed ? '[' + declaration.address + ']' : declaration.address;
    const auto url = fmt::format("http://{}:{}", host, (*serving)->port());
    if (!as_json) print(fmt::format("{} is ready at {}", declaration.title, url));
    show(declaration, as_json, {{"format", "onceway-adapter/1"}, {"ready", true}, {"url", url}});

    const auto signal = kit::wait_for_stop_signal();
    const bool finished = (*serving)->stop();
    log::info("adapter.stopped", {{"signal", signal}, {"requests_cut_off", finished ? "no" : "yes"}});
    return yes;
}

Outcome serve(const Words& words) {
    log::set_up(log::Level::info, words.json_log ? log::Format::json : log::Format::text);
    auto declaration = read_declaration_file(words.declaration);
    if (!declaration) return complain(declaration.error());
    if (!words.address.empty()) declaration->address = words.address;
    if (words.port >= 0) declaration->port = static_cast<std::uint16_t>(words.port);
    if (words.check) return check(*declaration, words.json);
    return serve_until_stopped(std::move(*declaration), words.json);
}

Outcome describe(const Words& words) {
    const auto declaration = read_declaration_file(words.declaration);
    if (!declaration) return complain(declaration.error());
    print(write_openapi(*declaration));
    return yes;
}

Outcome generate(const Words& words) {
    const auto written = citizens::write_registers(words.wish);
    if (!written) return complain(written.error());
    if (words.json) {
        print(json::serialize(json::object{{"format", "onceway-adapter-generate/1"},
                                           {"people", written->people},
                                           {"of_school_age", written->of_school_age},
                                           {"doses", written->doses},
                                           {"seed", words.wish.seed},
                                           {"year", words.wish.year}}));
    } else {
        print(fmt::format("{}: {} invented people, {} of them of school age\n{}: {} doses given to them",
                          words.wish.population.string(), written->people, written->of_school_age,
                          words.wish.immunisation.string(), written->doses));
    }
    return yes;
}

void add_serve(CLI::App& app, Words& words) {
    auto* command = app.add_subcommand("serve", "Serve the queries of a declaration until SIGTERM or Ctrl-C.");
    command->add_option("DECLARATION", words.declaration, "The declaration (TOML)")->required();
    command->add_option("--address", words.address, "Listen here instead of at the declared address");
    command->add_option("--port", words.port, "Listen on this port instead of the declared one; 0: any")
        ->check(CLI::Range(0, 65'535));
    command->add_flag("--check", words.check,
                      "Only read the declaration and the database, and say what would be offered");
    command->add_flag("--json", words.json, "Say it as one JSON object");
    command->add_flag("--json-log", words.json_log, "Write the log (stderr) as one JSON object a line");
    command->callback([&words] { words.chosen = [&words] { return serve(words); }; });
}

void add_openapi(CLI::App& app, Words& words) {
    auto* command = app.add_subcommand("openapi", "Print the OpenAPI document of a declaration.");
    command->add_option("DECLARATION", words.declaration, "The declaration (TOML)")->required();
    command->callback([&words] { words.chosen = [&words] { return describe(words); }; });
}

void add_generate(CLI::App& app, Words& words) {
    const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
    words.wish.year = static_cast<int>(today.year());
    auto* command =
        app.add_subcommand("generate", "Make two databases of invented people, for demos, tests and training.");
    command->add_option("--people", words.wish.people, "How many people")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--seed", words.wish.seed, "The same people for the same seed and year")->capture_default_str();
    command->add_option("--year", words.wish.year, "Everybody is as old as on 1 January of this year")
        ->check(CLI::Range(2000, 2100))
        ->capture_default_str();
    command->add_option("--population", words.wish.population, "The population register to write")->required();
    command->add_option("--immunisation", words.wish.immunisation, "The immunisation register to write")->required();
    command->add_flag("--replace", words.wish.replace, "Replace files that are there already");
    command->add_flag("--json", words.json, "Say what was written as one JSON object");
    command->callback([&words] { words.chosen = [&words] { return generate(words); }; });
}

}  // namespace

int command_line(int argc, char** argv) {
    Words words;
    CLI::App app(overview, "onceway-adapter");
    app.footer(more);
    app.set_version_flag("--version", "onceway-adapter " ONCEWAY_VERSION);
    app.require_subcommand(1);
    add_serve(app, words);
    add_openapi(app, words);
    add_generate(app, words);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? yes : could_not_tell;
    }
    try {
        return words.chosen();
    } catch (const std::exception& error) {
        std::fputs(fmt::format("onceway-adapter: {}\n", error.what()).c_str(), stderr);
        return could_not_tell;
    }
}

}  // namespace onceway::database
