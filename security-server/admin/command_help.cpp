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
     "the next message; messages in flight keep theirs. What the file leaves out is removed. WSDL and OpenAPI "
     "documents "
     "of\n"
     "new descriptions are read, with --refresh all of them; what was shown is what is applied.\n\n"
     "  onceway-server apply --dry-run services.toml\n"
     "  onceway-server apply --yes services.toml                from a script\n"
     "  onceway-server apply --refresh services.toml            documents changed\n\n"
     "The file's form: docs/operators/security-server.md, \"Clients, services, rights\", and services.md.\n"
     "Exit status: 0 applied or nothing to change, 1 refused or warned of, 2 nobody was there to agree."},
    {"client",
     "  onceway-server client add ZA-WC/GOV/HOME/grants --connection https --certificate system.pem\n"
     "  onceway-server client set ZA-WC/GOV/HOME/grants --certificate new.pem --drop-certificate 3f2a09c1"},
    {"description",
     "A new description is disabled until you open it. Nothing is refreshed by itself.\n\n"
     "  onceway-server description add ZA-WC/GOV/HOME/grants --type wsdl --url http://10.0.1.7/grants?wsdl\n"
     "  onceway-server description refresh ZA-WC/GOV/HOME/grants http://10.0.1.7/grants?wsdl\n"
     "  onceway-server description enable ZA-WC/GOV/HOME/grants http://10.0.1.7/grants?wsdl\n\n"
     "More: docs/operators/services.md"},
    {"description refresh",
     "Services that stay keep the address, time and verification that you set; those that go take their rights along.\n"
     "Each that comes or goes is a warning; with --yes, say --ignore-warnings to apply all the same.\n"
     "Exit status: 0 applied or nothing to change, 1 refused or warned of, 2 nobody was there to agree."},
    {"service",
     "  onceway-server service add ZA-WC/GOV/HOME/grants statistics --url https://10.0.1.7/v1\n"
     "  onceway-server service set ZA-WC/GOV/HOME/grants apply --version v1 --timeout 30 --all"},
    {"right",
     "A right is for a service in all its versions; for REST it may be for a method and path.\n\n"
     "  onceway-server right grant ZA-WC/GOV/HOME/people register --to ZA-WC/GOV/EDUCATION/admission\n"
     "  onceway-server right grant ZA-WC/GOV/HOME/people register --to local:schools --method GET --path '/persons/*'\n"
     "  onceway-server right revoke ZA-WC/GOV/HOME/people register --to local:schools          all that it has"},
    {"group",
     "  onceway-server group add ZA-WC/GOV/HOME/people schools --description \"Schools that may ask\"\n"
     "  onceway-server group join ZA-WC/GOV/HOME/people schools ZA-WC/GOV/EDUCATION/admission"},
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
