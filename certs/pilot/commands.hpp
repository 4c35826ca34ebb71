// The commands of `onceway-pilot`. Each prints words, or one JSON object, and gives the exit status: 0 yes, 1 no, 2
// could not tell.
#pragma once

#include "certs/pilot/authority.hpp"
#include "certs/pilot/failures.hpp"
#include "certs/pilot/service.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace onceway::pilot {

struct IssueWishes {
    std::filesystem::path request, out;  // out empty: the certificate goes to stdout
    std::optional<x509::Profile> profile;
    std::vector<std::string> addresses;
};
struct FailWishes {
    ServiceKind service = ServiceKind::ocsp;
    Failing how = Failing::off;
    std::optional<std::chrono::seconds> seconds;
};

int init(const std::filesystem::path& folder, const Setup& setup, bool json);
int issue(const std::filesystem::path& folder, const IssueWishes& wishes, bool json);
/// `which` is a serial number in decimal, or a file with the certificate.
int revoke(const std::filesystem::path& folder, const std::string& which, bool json);
int list(const std::filesystem::path& folder, bool json);
int fail(const std::filesystem::path& folder, const FailWishes& wishes, bool json);
/// Serves until SIGINT or SIGTERM. The ready line is printed once both doors listen.
int serve(const std::filesystem::path& folder, const ServiceSettings& settings, bool json);

/// Reads the command line and runs the command.
int run(int argc, char** argv);

}  // namespace onceway::pilot
