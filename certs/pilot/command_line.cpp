#include "certs/pilot/commands.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace onceway::pilot {
namespace {

/// Everything that arguments can say.
struct Arguments {
    std::filesystem::path folder;
    bool json = false;
    std::string log_format = "text", log_level = "info";
    Setup setup;
    std::string key = "rsa";
    IssueWishes issue;
    std::string profile, which;
    ServiceSettings serve;
    std::int64_t next_update = 3600;
    std::string service = "ocsp", how;
    std::optional<std::int64_t> seconds;
};

CLI::App* add_command(CLI::App& program, Arguments& to, const char* name, const char* description) {
    auto* command = program.add_subcommand(name, description);
    command->add_option("DIR", to.folder, "The authority's folder")->required();
    return command;
}

CLI::App* add_init(CLI::App& program, Arguments& to) {
    auto* command = add_command(program, to, "init", "Make an authority: root, OCSP responder, time-stamper");
    command->add_option("--name", to.setup.name, "What stands in front of 'Pilot' in the names of its certificates");
    command->add_flag("--issuing-ca", to.setup.issuing_authority, "Issue below a second authority under the root");
    command->add_option("--key", to.key, "Kind of its keys: RSA-2048 or P-256")
        ->check(CLI::IsMember({"rsa", "ec"}))
        ->capture_default_str();
    command->add_option("--ocsp-url", to.setup.ocsp_url,
                        "Where its OCSP service will answer; written into certificates");
    command->add_option("--days", to.setup.certificate_days, "How long certificates hold")->capture_default_str();
    return command;
}

CLI::App* add_issue(CLI::App& program, Arguments& to) {
    auto* command = add_command(program, to, "issue", "Sign a certificate request");
    command->add_option("--csr", to.issue.request, "The request, PEM or DER")->required();
    command->add_option("--out", to.issue.out, "Where the certificate goes; default: stdout");
    command->add_option("--profile", to.profile, "What it is for; default: what the request asks for")
        ->check(CLI::IsMember(
            {"signing", "authentication", "tls_server", "ocsp_responder", "time_stamping", "configuration_signing"}));
    command->add_option("--address", to.issue.addresses,
                        "A DNS name or IP address of the holder; may be given several times");
    return command;
}

CLI::App* add_serve(CLI::App& program, Arguments& to) {
    auto* command =
        add_command(program, to, "serve", "Answer OCSP and time-stamp requests over HTTP until told to stop");
    command->add_option("--ocsp", to.serve.ocsp, "Address and port of the OCSP service; port 0: any")
        ->capture_default_str();
    command->add_option("--tsa", to.serve.tsa, "Address and port of the time-stamping service; port 0: any")
        ->capture_default_str();
    command
        ->add_option("--next-update", to.next_update, "Seconds after which an OCSP answer has a successor; 0: not said")
        ->check(CLI::Range(std::int64_t(0), std::int64_t(365) * 86400))
        ->capture_default_str();
    return command;
}

CLI::App* add_fail(CLI::App& program, Arguments& to) {
    auto* command = add_command(program, to, "fail", "Tell a service to fail, for practice; takes effect at once");
    command->add_option("--service", to.service, "Which")->check(CLI::IsMember({"ocsp", "tsa"}))->required();
    command->add_option("--how", to.how, "In which way; 'off' ends it")
        ->check(CLI::IsMember({"refuse", "delay", "expire", "wrong", "garbage", "off"}))
        ->required();
    command->add_option("--seconds", to.seconds, "Length of a delay (5), or age of expired answers (86400)");
    return command;
}

void add_common(CLI::App& program, Arguments& to) {
    program.add_flag("--json", to.json, "One JSON object on stdout in place of words");
    program.add_option("--log-format", to.log_format, "Lines of the technical log on stderr")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    program.add_option("--log-level", to.log_level, "Least level of the technical log")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    program.set_version_flag("--version", "onceway-pilot " ONCEWAY_VERSION);
    program.fallthrough();
    program.require_subcommand(1);
    program.footer("Exit status: 0 yes, 1 no, 2 could not tell. The guide is docs/operators/pilot.md.");
}

log::Level level_of(const std::string& name) {
    if (name == "debug") return log::Level::debug;
    if (name == "warning") return log::Level::warning;
    return name == "error" ? log::Level::error : log::Level::info;
}

// What was read as text becomes what the commands take.
void settle(Arguments& arguments) {
    arguments.setup.family = arguments.key == "ec" ? keys::KeyFamily::ec : keys::KeyFamily::rsa;
    arguments.issue.profile = profile_from_name(arguments.profile);
    arguments.serve.next_update = std::chrono::seconds(arguments.next_update);
    log::set_up(level_of(arguments.log_level), arguments.log_format == "json" ? log::Format::json : log::Format::text);
}

FailWishes fail_wishes(const Arguments& arguments) {
    FailWishes wishes{arguments.service == "tsa" ? ServiceKind::tsa : ServiceKind::ocsp,
                      failing_from_name(arguments.how).value_or(Failing::off),
                      {}};
    if (arguments.seconds) wishes.seconds = std::chrono::seconds(*arguments.seconds);
    return wishes;
}

}  // namespace

int run(int argc, char** argv) {
    Arguments arguments;
    CLI::App program("A certification, OCSP and time-stamping authority for pilots, tests and training.",
                     "onceway-pilot");
    add_common(program, arguments);
    const auto* init_command = add_init(program, arguments);
    const auto* issue_command = add_issue(program, arguments);
    auto* revoke_command = add_command(program, arguments, "revoke", "Revoke a certificate; OCSP says so from now on");
    revoke_command
        ->add_option("CERTIFICATE", arguments.which, "Serial number in decimal, or a file with the certificate")
        ->required();
    const auto* list_command = add_command(program, arguments, "list", "Show every certificate issued, and its status");
    const auto* serve_command = add_serve(program, arguments);
    add_fail(program, arguments);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;
    }
    settle(arguments);
    try {
        if (*init_command) return init(arguments.folder, arguments.setup, arguments.json);
        if (*issue_command) return issue(arguments.folder, arguments.issue, arguments.json);
        if (*revoke_command) return revoke(arguments.folder, arguments.which, arguments.json);
        if (*list_command) return list(arguments.folder, arguments.json);
        if (*serve_command) return serve(arguments.folder, arguments.serve, arguments.json);
        return fail(arguments.folder, fail_wishes(arguments), arguments.json);
    } catch (const std::exception& error) {
        fmt::print(stderr, "onceway-pilot: {}\n", error.what());
        return 2;
    }
}

}  // namespace onceway::pilot
