// The verified configuration on this server's disk: whole or not at all, so that a start needs no network.
#pragma once

#include "security-server/registry-view/verification.hpp"

#include <filesystem>
#include <optional>

namespace onceway::registry_view {

/// A folder with one file for each part, named by its content, and a manifest that is written last and names them. What
/// the manifest does not name does not exist; it is swept up after the next success. Not safe from several threads.
class Store {
public:
    explicit Store(std::filesystem::path folder);

    /// What was kept last, its digests checked again; none when nothing was. An expired one is given as well.
    /// Faults: `malformed_global_conf` (manifest or part damaged: the next download replaces them), `io_error`.
    Result<std::optional<Configuration>> load() const;

    /// Keeps a configuration in place of the former; on disk when this returns. Faults: `io_error`.
    Result<void> keep(const Configuration& configuration);

    /// The octets of one part, when the manifest names a part with that digest. None otherwise.
    std::optional<Octets> part(const registry::DirectoryPart& listed) const;

    /// Moves the expiry forward, the content being unchanged. Faults: `io_error`.
    Result<void> extend(const registry::Directory& directory);

    /// Forgets versions and expiry seen, so that an older configuration is accepted once: the operator says so.
    Result<void> forget();

private:
    std::filesystem::path file_of(const registry::DirectoryPart& listed) const;
    Result<void> write_manifest(const std::string& instance, Instant expires, int version,
                                const std::vector<registry::DirectoryPart>& parts) const;
    void sweep(const std::vector<registry::DirectoryPart>& parts) const;

    std::filesystem::path folder_;
};

}  // namespace onceway::registry_view
