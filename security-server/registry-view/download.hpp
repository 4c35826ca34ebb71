// One candidate asked: version probed, directory and parts fetched and verified. Keeps nothing.
#pragma once

#include "security-server/registry-view/client.hpp"

namespace onceway::registry_view {

/// Every certificate of a PEM bundle that can be read; one that cannot is not a root. Empty when there is no bundle.
std::vector<x509::Certificate> read_roots(const std::filesystem::path& bundle);

/// What one candidate gave, verified; and what need not be fetched because its digest is known.
struct Download {
    registry::Directory directory;
    std::string location;  // with version
    int version = 6;       // asked for
};

/// Asks one candidate. With `version` the remembered one is used unchanged; otherwise 6, 5, 4 and 3 are probed, and 2
/// is used without probing: the first status other than 404 wins, and a good answer is the download itself.
/// Rule: global-configuration §2.3 step 2.
class Downloader {
public:
    Downloader(Fetch fetch, std::filesystem::path tls_roots) : fetch_(std::move(fetch)), roots_(std::move(tls_roots)) {}

    Async<Download> directory(Candidate candidate, std::string instance, std::optional<int> version, Instant at,
                              std::optional<Previous> previous);
    /// Fetches one part and compares its digest. Faults: `global_conf_part_download_failure`,
    /// `global_conf_part_downloaded_file_integrity_failure`.
    Async<Octets> part(std::string location, registry::DirectoryPart listed);

private:
    Async<channel::FetchAnswer> get(channel::Url url, std::size_t most);
    Result<std::shared_ptr<channel::TlsContext>> tls_for(const std::string& host) const;

    Fetch fetch_;
    std::filesystem::path roots_;
};

}  // namespace onceway::registry_view
