// Signs a configuration and puts it where it is served from: whole, or not at all.
#pragma once

#include "central-registry/trust/key_ring.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace onceway::central {

/// What is published.
struct Edition {
    std::string instance;
    Octets private_parameters, shared_parameters;
};

struct Published {
    std::string folder;  // "20260101120000000000000"
    Instant at{}, expires{};
};

/// The files of a publication, below one root:
/// `V6/internalconf`, `V6/externalconf` (signed directories) and `V6/<time>/…-params.xml` (their content).
/// Rule: global-configuration §2.4, §2.8; checklist items 20, 21, 35 to 41.
class Publisher {
public:
    /// How long content stays after its directory was replaced; at least as long as a directory is valid.
    explicit Publisher(std::filesystem::path root, std::chrono::seconds keep = std::chrono::seconds(600));

    /// Content first, both directories last. When anything fails the former publication stays as it was.
    /// One process publishes at a time; others wait. Faults: `io_error`, `cannot_sign`.
    Result<Published> publish(const Edition& edition, const DirectoryKeys& keys, Instant now,
                              std::chrono::seconds valid);

    /// What lies there now; none before the first publication. Faults: `io_error`, `malformed_global_conf`.
    Result<std::optional<Published>> current() const;

private:
    Result<void> write_content(const std::filesystem::path& folder, const Edition& edition) const;
    Result<void> replace_directories(const Octets& internal, const Octets& external) const;
    void sweep(const std::string& current) const;
    std::filesystem::path root_, version_folder_;
    std::chrono::seconds keep_;
};

/// "yyyyMMddHHmmss" and nine digits of the fraction, UTC.
std::string folder_name(Instant at, int attempt = 0);

}  // namespace onceway::central
