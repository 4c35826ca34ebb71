#include "central-registry/admin/commands.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdlib>

namespace onceway::central {
namespace {

std::string current_operator() {
    for (const char* name : {"SUDO_USER", "USER", "LOGNAME"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return "unknown";
}

/// Everything that arguments can say.
struct Arguments {
    Place place{"/var/lib/onceway-registry", {}};
    bool json = false;
    std::string log_format = "text", log_level = "info", key = "rsa";
    InitWishes init;
    ApplyWishes apply{{}, current_operator(), false};
    ServeWishes serve;
    bool no_https = false;
};

CLI::App* add_init(CLI::App& program, Arguments& to) {
    auto* command = program.add_subcommand("init", "Create a registry: database, signing keys, anchors");
    command->add_option("--instance", to.init.instance, "Instance identifier, for example ZA-WC")->required();
    command
        ->add_option("--address", to.init.address,
                     "Host, or host:port, at which servers download the configuration over HTTP")
        ->capture_default_str();
    command->add_option("--https-address", to.init.https_address,
                        "The same for HTTPS; default: the same host, with port 8843 when --address has a port");
    command->add_option("--key", to.key, "Kind of the signing keys")
        ->check(CLI::IsMember({"rsa", "ec"}))
        ->capture_default_str();
    return command;
}

CLI::App* add_apply(CLI::App& program, Arguments& to) {
    auto* command = program.add_subcommand("apply", "Show what a state file changes, then decide so");
    command->add_option("STATE.toml", to.apply.state_file, "The declared state")->required();
    command->add_flag("--dry-run", to.apply.dry_run, "Show the difference only");
    command->add_option("--operator", to.apply.operator_name, "Who decides; written into the decision")
        ->capture_default_str();
    return command;
}

CLI::App* add_serve(CLI::App& program, Arguments& to) {
    auto* command = program.add_subcommand("serve", "Publish on an interval and on change, and answer HTTP and HTTPS");
    command->add_option("--http", to.serve.http_address, "Address and port for HTTP")->capture_default_str();
    command->add_option("--https", to.serve.https_address, "Address and port for HTTPS")->capture_default_str();
    command->add_flag("--no-https", to.no_https, "Answer plain HTTP only");
    return command;
}

void add_common(CLI::App& program, Arguments& to) {
    program.add_option("--data", to.place.folder, "Folder in which the registry lives")
        ->envname("ONCEWAY_REGISTRY_DATA")
        ->capture_default_str();
    program.add_option("--passphrase-file", to.place.passphrase_file,
                       "File with the passphrase of the keys; default: the generated file 'secret' in the data folder");
    program.add_flag("--json", to.json, "One JSON object on stdout in place of words");
    program.add_option("--log-format", to.log_format, "Lines of the technical log on stderr")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    program.add_option("--log-level", to.log_level, "Least level of the technical log")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    program.set_version_flag("--version", "onceway-registry " ONCEWAY_VERSION);
    program.fallthrough();  // common options may stand behind the command as well
    program.require_subcommand(1);
    program.footer("Exit status: 0 yes, 1 no, 2 could not tell. The guide is docs/operators/registry.md.");
}

log::Level level_of(const std::string& name) {
    if (name == "debug") return log::Level::debug;
    if (name == "warning") return log::Level::warning;
    return name == "error" ? log::Level::error : log::Level::info;
}

}  // namespace

int run(int argc, char** argv) {
    Arguments arguments;
    CLI::App program(
        "The central registry: who belongs, whom everybody trusts, and the signed configuration that says so.",
        "onceway-registry");
    add_common(program, arguments);
    const auto* init_command = add_init(program, arguments);
    const auto* apply_command = add_apply(program, arguments);
    const auto* publish_command = program.add_subcommand("publish", "Publish once, now");
    const auto* serve_command = add_serve(program, arguments);
    try {
        program.add_subcommand("status", "Tell what holds, what is published, and the hashes of the anchors");
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;
    }
    log::set_up(level_of(arguments.log_level), arguments.log_format == "json" ? log::Format::json : log::Format::text);
    if (arguments.key == "ec") arguments.init.family = keys::KeyFamily::ec;
    if (arguments.no_https) arguments.serve.https_address.clear();
    try {
        if (*init_command) return init(arguments.place, arguments.init, arguments.json);
        if (*apply_command) return apply(arguments.place, arguments.apply, arguments.json);
        if (*publish_command) return publish(arguments.place, arguments.json);
        if (*serve_command) return serve(arguments.place, arguments.serve, arguments.json);
        return status(arguments.place, arguments.json);
    } catch (const std::exception& error) {
        fmt::print(stderr, "onceway-registry: {}\n", error.what());
        return 2;
    }
}

}  // namespace onceway::central
