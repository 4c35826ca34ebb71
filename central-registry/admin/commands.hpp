// The commands of `onceway-registry`. Each prints its report and gives the exit status: 0 yes, 1 no, 2 could not tell.
#pragma once

#include "central-registry/admin/place.hpp"
#include "certs/keys/private_key.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace onceway::central {

struct InitWishes {
    std::string instance;
    std::string address = "127.0.0.1:8880";  // host, or host:port, that anchors name
    std::string https_address;               // empty: the same host, port 8843 when `address` has a port
    keys::KeyFamily family = keys::KeyFamily::rsa;
};
/// Creates a registry: database, keys, anchors. Refused where one lives already.
int init(const Place& place, const InitWishes& wishes, bool json);

struct ApplyWishes {
    std::filesystem::path state_file;
    std::string operator_name;
    bool dry_run = false;
};
/// Shows what the state file would change, then decides so.
int apply(const Place& place, const ApplyWishes& wishes, bool json);

/// Publishes once, now.
int publish(const Place& place, bool json);

struct ServeWishes {
    std::string http_address = "127.0.0.1:8880", https_address = "127.0.0.1:8843";  // https: empty means none
};
/// Publishes on its interval and at once after a decision, and answers HTTP and HTTPS until SIGINT or SIGTERM.
int serve(const Place& place, const ServeWishes& wishes, bool json);

/// What holds, what is published, and the anchors. 0 while a valid configuration is published, otherwise 1.
int status(const Place& place, bool json);

/// Reads the arguments and runs the command. Exceptions end as status 2 with their reason.
int run(int argc, char** argv);

}  // namespace onceway::central
