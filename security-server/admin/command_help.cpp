#include "security-server/admin/command_help.hpp"

namespace onceway::admin {
namespace {

struct Help {
    std::string_view command, text;
};

constexpr Help helps[] = {
    {"init",
     "Makes the key store, the state and server.toml; nothing outside the folder is touched. Compare the\n"
     "anchor's hash with the registry's operator before you trust it.\n\n"
     "  onceway-server init /srv/home --id ZA-WC/GOV/HOME/ss1 --anchor anchor.xml \\\n"
     "      --inside 10.0.0.5 --outside 198.51.100.5 --health 10.0.0.5:5588 --new-pin\n\n"
     "With neither --new-pin nor --pin-file the PIN is typed, now and after every start (`key unlock`).\n"
     "Exit status: 0 made, 1 refused; then nothing is left behind."},
    {"apply",
     "Shows the difference to the state in force, asks, and applies it whole or not at all. A running server uses it "
     "for\n"
     "the next message; messages in flight keep theirs. What the file leaves out is removed.\n\n"
     "  onceway-server apply --dry-run services.toml\n"
     "  onceway-server apply --yes services.toml                from a script\n\n"
     "The file's form: docs/operators/security-server.md, \"Clients, services, rights\".\n"
     "Exit status: 0 applied or nothing to change, 1 refused, 2 nobody was there to agree."},
    {"state",
     "  onceway-server state > services.toml                    to change it and apply it again\n"
     "  onceway-server state --json | jq .history               who changed what, revision by revision"},
    {"run",
     "Logs to stderr. `server.found_configuration` and `server.found_keys` say what it starts with, `server.ready` "
     "which\n"
     "doors are open; `server.failed` says why it does not start, and what to do. For a service manager:\n\n"
     "  [Service]\n"
     "  User=onceway\n"
     "  ExecStart=/usr/bin/onceway-server --dir /srv/home run\n"
     "  Restart=on-failure\n"
     "  LimitCORE=0\n\n"
     "Exit status: 0 it was told to stop, 1 it could not serve."},
    {"status",
     "Asks the running server, and nobody else: it answers at once. Troubles stop messages, warnings will.\n"
     "What to do about each: docs/operators/looking-after.md. What causes them, asked of everybody concerned:\n"
     "  onceway-server doctor\n\n"
     "Exit status: 0 messages can flow, 1 they cannot, 2 the server does not run."},
    {"doctor",
     "Looks at ports, folder, disk, clock, keys and message log; asks the registry, OCSP responders, time-stamping\n"
     "authorities, other servers and the information systems behind our services. Each check takes five seconds at\n"
     "most. Works while the server runs and while it is stopped, and changes nothing.\n\n"
     "  onceway-server doctor                                 everything\n"
     "  onceway-server doctor --peer ZA-WC/GOV/HOME/ss1       one other server in place of all\n"
     "  onceway-server doctor --json | jq '.checks[] | select(.verdict == \"failed\")'\n\n"
     "Run it as the user of the server. Exit status: 0 all is well (warnings included), 1 something failed, 2 "
     "something\n"
     "could not be told."},
    {"key",
     "A server needs one authentication key (TLS towards other servers) and a signing key for each member that it "
     "serves:\n"
     "  key generate, key csr, send the request to the authority, key import what comes back.\n"
     "While the server is stopped, the PIN is read from its file or typed."},
    {"key generate",
     "  onceway-server key generate --usage authentication\n"
     "  onceway-server key generate --usage signing --member ZA-WC/GOV/HOME --type ec\n\n"
     "Prints the id that `key csr` asks for. The private key never leaves the folder, and lies there under the PIN."},
    {"key csr",
     "  onceway-server key csr ID --out sign.csr --country ZA --name \"Home Affairs\"\n"
     "  onceway-server key csr ID --out auth.csr --country ZA --owner-name \"Home Affairs\" --dns ss1.home.example\n\n"
     "The subject is built as the authority's profile asks for; a field that is missing is named in the refusal."},
    {"key import",
     "  onceway-server key import sign.crt\n\n"
     "Used as soon as it has a good OCSP answer; an authentication certificate as soon as the registry lists it: send "
     "it to\n"
     "its operator first. No restart."},
    {"key unlock",
     "Needed after each start when server.toml names no pin_file. After the third wrong PIN in a row each further try "
     "waits\n"
     "twice as long, from two seconds up to an hour."},
    {"anchor",
     "  onceway-server anchor anchor-internal.xml\n\n"
     "Needed when the registry's address or signing keys change. The hash must come to you by another way than the "
     "file:\n"
     "whoever controls the anchor controls whom this server trusts.\n"
     "Exit status: 0 taken, 1 refused, 2 nobody was there to agree."},
};

}  // namespace

std::string help_below(std::string_view command) {
    for (const auto& help : helps)
        if (help.command == command) return std::string(help.text);
    return {};
}

}  // namespace onceway::admin
