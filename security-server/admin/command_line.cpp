#include "security-server/admin/command_line.hpp"

#include "security-server/admin/asking.hpp"
#include "security-server/admin/change_words.hpp"
#include "security-server/admin/command_help.hpp"
#include "security-server/doctor/command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <sys/stat.h>

namespace onceway::admin {
namespace {

constexpr const char* overview =
    "onceway-server: a security server. Departments exchange data through it, signed, logged and time-stamped.\n\n"
    "A server is a folder: `init` makes it, `run` serves it, and every other command works on it, whether the server\n"
    "runs (through a socket in the folder) or not.\n";
constexpr const char* first_steps =
    "From nothing to a running server:\n"
    "  onceway-server init /srv/home --id ZA-WC/GOV/HOME/ss1 --anchor anchor.xml --inside 10.0.0.5 --outside "
    "198.51.100.5\n"
    "  cd /srv/home\n"
    "  onceway-server key generate --usage authentication\n"
    "  onceway-server key generate --usage signing --member ZA-WC/GOV/HOME\n"
    "  onceway-server key csr ID --out auth.csr --dns ss1.home.example --country ZA     (and for the signing key)\n"
    "  onceway-server key import auth.crt                                              (what the authority sent back)\n"
    "  onceway-server apply services.toml\n"
    "  onceway-server run\n"
    "  onceway-server doctor                                                           (is all well, and if not, "
    "why)\n\n"
    "Exit status: 0 yes or done, 1 no or refused (stderr says why and what to do), 2 could not tell.\n"
    "More: docs/operators/security-server.md, docs/operators/looking-after.md";

/// Options live as long as the parsing; each command sets `chosen`.
struct Words {
    std::filesystem::path folder = ".";
    bool json = false;
    InitOptions init;
    ApplyOptions apply;
    KeyOptions key;
    doctor::Options doctor;
    AnchorOptions anchor;
    InternalTlsOptions internal_tls;
    std::string country;
    std::vector<std::string> fields;
    std::function<Outcome()> chosen;
};

void add_init(CLI::App& app, Words& words) {
    auto* command = app.add_subcommand("init",
                                       "Make a new server in a folder: its file, keys, state and internal TLS "
                                       "certificate.");
    auto& options = words.init;
    command->add_option("DIR", options.folder, "The folder to make")->required();
    command->add_option("--id", options.id, "instance/class/member/code of this server, as the registry will know it")
        ->required();
    command->add_option("--anchor", options.anchor, "The registry's configuration anchor; can be brought later");
    command->add_option("--inside", options.inside, "Address for information systems")->capture_default_str();
    command->add_option("--outside", options.outside, "Address for other security servers")->capture_default_str();
    command->add_option("--http", options.ports.http, "Port for information systems, plain")->capture_default_str();
    command->add_option("--https", options.ports.https, "Port for information systems, TLS")->capture_default_str();
    command->add_option("--messages", options.ports.messages, "Port for other servers' messages")
        ->capture_default_str();
    command->add_option("--ocsp", options.ports.ocsp, "Port for other servers' OCSP questions")->capture_default_str();
    command->add_option("--health", options.health, "address:port of the health endpoint; left out: none");
    command->add_option("--refresh", options.refresh_s, "Seconds between downloads of the global configuration")
        ->capture_default_str();
    command
        ->add_option("--stamp-interval", options.stamp_interval_s,
                     "Seconds between time-stampings; 0: as the registry says")
        ->capture_default_str();
    auto* pin = command->add_option("--pin-file", options.pin_file,
                                    "File (0600) whose first line is the keys' PIN; the "
                                    "server reads it at every start");
    command
        ->add_flag("--new-pin", options.new_pin,
                   "Draw a random PIN and keep it in the folder (0600), for starts without "
                   "a person")
        ->excludes(pin);
    command->callback([&words] { words.chosen = [&words] { return init(words.init); }; });
}

void add_state(CLI::App& app, Words& words) {
    auto* command = app.add_subcommand("apply",
                                       "Make a declared state the one in force: clients, services and who may call "
                                       "them.");
    command->add_option("STATE", words.apply.state, "The state file (TOML)")->required();
    command->add_flag("--dry-run", words.apply.dry_run, "Only show what would change");
    command->add_flag("--yes", words.apply.yes, "Apply without asking");
    command->add_flag("--json", words.apply.json, "Answer with one JSON object");
    command->add_flag("--refresh", words.apply.refresh, "Read all WSDL and OpenAPI documents again");
    command->add_flag("--ignore-warnings", words.apply.ignore_warnings, "Apply in spite of warnings");
    command->callback([&words] {
        words.chosen = [&words] {
            words.apply.folder = words.folder;
            return apply(words.apply);
        };
    });
    auto* show = app.add_subcommand("state", "Print the state in force, as a file that `apply` takes.");
    show->add_flag("--json", words.json, "With its history, as one JSON object");
    show->callback([&words] { words.chosen = [&words] { return show_state(words.folder, words.json); }; });
}

void add_status(CLI::App& app, Words& words) {
    auto* command =
        app.add_subcommand("status",
                           "How the server stands: keys, certificates, OCSP answers, configuration, message "
                           "log, queues, refusals.");
    command->add_flag("--json", words.json, "As one JSON object (onceway-status/1)");
    command->callback([&words] { words.chosen = [&words] { return status(words.folder, words.json); }; });
}

void add_doctor(CLI::App& app, Words& words) {
    auto* command = app.add_subcommand("doctor",
                                       "Check the server and everything it depends on, and say for each failure whose "
                                       "turn it is and what to do.");
    command->add_flag("--json", words.doctor.json, "As one JSON object (onceway-doctor/1)");
    command->add_option("--peer", words.doctor.peers,
                        "Only this server of others: id, owner or address; may be repeated. Left out: all of the "
                        "global configuration");
    command->callback([&words] {
        words.chosen = [&words] {
            words.doctor.folder = words.folder;
            return doctor::doctor(words.doctor);
        };
    });
}

CLI::App* add_key(CLI::App& key, Words& words, const char* name, const char* help, Outcome (*does)(const KeyOptions&)) {
    auto* command = key.add_subcommand(name, help);
    command->add_flag("--json", words.key.json, "Answer with one JSON object");
    command->callback([&words, does] {
        words.chosen = [&words, does] {
            words.key.folder = words.folder;
            if (!words.country.empty()) words.key.fields["C"] = words.country;
            for (const auto& field : words.fields) {
                const auto equals = field.find('=');
                words.key.fields[field.substr(0, equals)] = equals == std::string::npos ? "" : field.substr(equals + 1);
            }
            return does(words.key);
        };
    });
    return command;
}

void add_keys(CLI::App& app, Words& words) {
    auto* key = app.add_subcommand("key", "Make, list, certify and unlock the server's keys.");
    key->require_subcommand(1);
    auto& options = words.key;

    auto* generate = add_key(*key, words, "generate", "Make a key; prints its id.", generate_key);
    generate->add_option("--usage", options.usage, "What it is for")
        ->required()
        ->check(CLI::IsMember({"signing", "authentication"}));
    generate->add_option("--member", options.member, "Signing: instance/class/code of the member; default: the owner");
    generate->add_option("--label", options.label, "Authentication: a name for people");
    generate->add_option("--type", options.family, "Family")
        ->check(CLI::IsMember({"rsa", "ec"}))
        ->capture_default_str();
    generate->add_option("--bits", options.bits, "RSA 2048, 3072 or 4096; EC 256 or 384");

    add_key(*key, words, "list", "Show all keys.", list_keys);

    auto* csr =
        add_key(*key, words, "csr", "Write a certificate signing request for the authority.", request_certificate);
    csr->add_option("KEY", options.key, "Id of the key")->required();
    csr->add_option("--out", options.out, "File to write; left out: stdout");
    csr->add_option("--profile", options.profile,
                    "basic, basic-acme, ejbca, fivrk, is, fo, sk, or a Java class name; default: "
                    "the approved authority's, or basic");
    csr->add_option("--name,--owner-name", options.name,
                    "Name of the member (signing) or of the owner (authentication)");
    csr->add_option("--country", words.country, "Two letters, where the profile asks for them");
    csr->add_option("--dns", options.dns, "DNS name of the server");
    csr->add_option("--field", words.fields, "Another field of the profile, as NAME=VALUE; may be repeated");

    auto* import = add_key(*key, words, "import", "Import a certificate that an authority issued for one of the keys.",
                           import_certificate);
    import->add_option("CERTIFICATE", options.certificate, "File, PEM or DER")->required();

    auto* unlock =
        add_key(*key, words, "unlock", "Unlock the keys of a running server; the PIN is typed.", unlock_keys);
    unlock->add_option("--pin-file", options.pin_file, "Read the PIN from a file (0600) instead");
}

void add_internal_tls(CLI::App& app, Words& words) {
    auto* tls =
        app.add_subcommand("internal-tls", "Show, export and replace the certificate that information systems see.");
    tls->require_subcommand(1);
    auto& options = words.internal_tls;
    const auto add = [&](const char* name, const char* help, Outcome (*does)(const InternalTlsOptions&)) {
        auto* command = tls->add_subcommand(name, help);
        command->callback([&words, does] {
            words.chosen = [&words, does] {
                words.internal_tls.folder = words.folder;
                return does(words.internal_tls);
            };
        });
        return command;
    };
    const auto answers_json = [&](CLI::App* command) {
        command->add_flag("--json", options.json, "Answer with one JSON object");
        return command;
    };
    answers_json(add("show", "Show whose it is and when it ends.", show_internal_tls));
    add("export", "Print it with its intermediates as PEM, for whoever is to trust it.", export_internal_tls)
        ->add_option("--out", options.out, "File to write; left out: stdout");
    answers_json(add("renew", "Make a new key and a self-signed certificate; in force at once.", renew_internal_tls));
    auto* csr =
        add("csr", "Make a new key that waits, and a certificate signing request for it.", request_internal_tls);
    csr->add_option("--out", options.out, "File to write; left out: stdout");
    csr->add_option("--name", options.name, "Common name; default: the server's code");
    csr->add_option("--dns,--address", options.address, "DNS name or IP address; default: the inside address");
    answers_json(add("import", "Take the certificate that was issued for it; in force at once.", import_internal_tls))
        ->add_option("CHAIN", options.certificate, "File, PEM with intermediates behind it, or DER")
        ->required();
}

void add_anchor(CLI::App& app, Words& words) {
    auto* command = app.add_subcommand("anchor",
                                       "Show an anchor's hash, try it with a whole download, and take it. The "
                                       "server must be stopped.");
    command->add_option("ANCHOR", words.anchor.anchor, "The anchor file")->required();
    command->add_flag("--accept-older", words.anchor.accept_older,
                      "Forget which configurations were seen, so that an older "
                      "one is accepted once");
    command->add_flag("--yes", words.anchor.yes, "Take it without asking");
    command->callback([&words] {
        words.chosen = [&words] {
            words.anchor.folder = words.folder;
            return replace_anchor(words.anchor);
        };
    });
}

/// Below the options of each word, and of each word under it.
void tell_more(CLI::App& command, const std::string& name) {
    for (auto* word : command.get_subcommands({})) {
        const auto whole = name.empty() ? word->get_name() : name + ' ' + word->get_name();
        if (auto more = help_below(whole); !more.empty()) word->footer(std::move(more));
        tell_more(*word, whole);
    }
}

}  // namespace

int command_line(int argc, char** argv, const std::function<int(const ServerFile&)>& run) {
    CLI::App app(overview);
    app.set_version_flag("--version", std::string("onceway-server ") + ONCEWAY_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    Words words;
    app.add_option("--dir", words.folder, "The server's folder")->capture_default_str();
    add_init(app, words);
    add_state(app, words);
    add_change_words(app, words.folder, words.chosen);
    auto* serve = app.add_subcommand("run", "Serve until SIGTERM or SIGINT; exchanges in flight are finished first.");
    add_status(app, words);
    add_doctor(app, words);
    add_keys(app, words);
    add_internal_tls(app, words);
    add_anchor(app, words);
    tell_more(app, {});
    app.footer(first_steps);  // last, or every command repeats it
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : static_cast<int>(Outcome::could_not_tell);
    }
    ::umask(077);  // nothing that we write is for others
    if (!serve->parsed()) {
        log::set_up(log::Level::warning, log::Format::text);  // a command speaks for itself
        return static_cast<int>(words.chosen());
    }
    const auto file = load_server_file(words.folder);
    if (!file) return static_cast<int>(complain(file.error()));
    return run(*file);
}

}  // namespace onceway::admin
