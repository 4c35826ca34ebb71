// How a verified configuration becomes a snapshot, how an anchor is tried, and the hash that people compare.
#include "certs/keys/digest.hpp"
#include "security-server/registry-view/download.hpp"

#include <cctype>

namespace onceway::registry_view {

std::shared_ptr<const Snapshot> snapshot_of(const Configuration& configuration, std::uint64_t revision) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->revision = revision;
    snapshot->trust = x509::Trust::build(configuration.instance, {configuration.shared}, configuration.optional);
    snapshot->private_parameters = configuration.private_parameters;
    snapshot->optional = configuration.optional;
    snapshot->expires = configuration.expires;
    snapshot->version = configuration.version;
    for (const auto& part : configuration.parts)
        if (part.listed.identifier == "SHARED-PARAMETERS")
            snapshot->files.push_back({configuration.instance, configuration.version, part.octets});
    return snapshot;
}

Async<Configuration> try_anchor(registry::Anchor anchor, std::filesystem::path tls_roots, const Clock& clock,
                                Fetch fetch) {
    Downloader downloader(std::move(fetch), std::move(tls_roots));
    std::mt19937 random{std::random_device{}()};
    Fault last =
        fault(FaultCode::malformed_anchor,
              "Trying the anchor: it has no http address, and only those are used. Ask the registry for another.");
    for (auto& candidate : candidates(anchor, nullptr, random)) {
        auto download =
            co_await downloader.directory(candidate, anchor.instance, std::nullopt, clock.now(), std::nullopt);
        if (!download) {
            last = download.error();
            continue;
        }
        std::map<std::string, Octets> parts;
        for (const auto& listed : download->directory.parts) {
            auto octets = co_await downloader.part(download->location, listed);
            if (!octets) co_return octets.error();
            parts.emplace(listed.location, std::move(*octets));
        }
        auto whole = verify_parts(download->directory, anchor.instance, std::move(parts));
        co_return whole;
    }
    co_return last;
}

std::string anchor_hash(OctetsView anchor_file) {
    const auto hex = to_hex(keys::digest(keys::Digest::sha224, anchor_file));
    std::string shown;
    for (std::size_t i = 0; i < hex.size(); ++i) {
        if (i > 0 && i % 2 == 0) shown += ':';
        shown += static_cast<char>(std::toupper(static_cast<unsigned char>(hex[i])));
    }
    return shown;
}

}  // namespace onceway::registry_view
