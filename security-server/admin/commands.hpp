// What the program's words do: each asks a running server through its socket, or works in the folder of a stopped one.
#pragma once

#include "schemas/base/result.hpp"
#include "security-server/admin/server_file.hpp"

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onceway::admin {

/// Exit statuses of all our programs.
enum class Outcome { yes = 0, no = 1, could_not_tell = 2 };

struct InitOptions {
    std::filesystem::path folder, anchor, pin_file;
    std::string id, inside = "127.0.0.1", outside = "127.0.0.1", health;
    ListenPorts ports;
    bool new_pin = false;
    int refresh_s = 60, stamp_interval_s = 0;
};
Outcome init(const InitOptions& options);

/// How a change of the state is carried out: shown first, then agreed to.
struct ChangeOptions {
    std::filesystem::path folder;
    bool dry_run = false, yes = false, json = false, ignore_warnings = false;
};
struct ApplyOptions : ChangeOptions {
    std::filesystem::path state;
    bool refresh = false;  // read all documents again
};
Outcome apply(const ApplyOptions& options);
/// One change, as `state.change` of administration.hpp takes it; `certificates` are files that go with it.
Outcome change(const ChangeOptions& options, boost::json::object wanted,
               const std::vector<std::filesystem::path>& certificates);
/// Prints the state in force as a file that `apply` takes, or with its history as JSON.
Outcome show_state(const std::filesystem::path& folder, bool json);

/// Yes: messages can flow. No: they cannot, and why. Could not tell: the server does not run.
Outcome status(const std::filesystem::path& folder, bool json);

struct KeyOptions {
    std::filesystem::path folder;
    bool json = false;
    std::string usage, label, member, family = "rsa";  // generate
    int bits = 0;
    std::string key, name, profile, dns;  // csr
    std::map<std::string, std::string> fields;
    std::filesystem::path out;
    std::filesystem::path certificate;  // import
    std::filesystem::path pin_file;     // unlock
};
Outcome generate_key(const KeyOptions& options);
Outcome list_keys(const KeyOptions& options);
Outcome request_certificate(const KeyOptions& options);
Outcome import_certificate(const KeyOptions& options);
Outcome unlock_keys(const KeyOptions& options);

struct InternalTlsOptions {
    std::filesystem::path folder, out, certificate;
    bool json = false;
    std::string name, address;  // csr
};
Outcome show_internal_tls(const InternalTlsOptions& options);
/// The certificate in force and its intermediates, as PEM.
Outcome export_internal_tls(const InternalTlsOptions& options);
Outcome renew_internal_tls(const InternalTlsOptions& options);
Outcome request_internal_tls(const InternalTlsOptions& options);
Outcome import_internal_tls(const InternalTlsOptions& options);

struct AnchorOptions {
    std::filesystem::path folder, anchor;
    bool accept_older = false, yes = false;
};
/// Shows the hash of an anchor that people compare, tries it with a whole download, and puts it into the stopped
/// server's folder. Rule: global-configuration §2.1, items 5 to 8.
Outcome replace_anchor(const AnchorOptions& options);

}  // namespace onceway::admin
