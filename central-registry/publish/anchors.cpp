#include "central-registry/publish/anchors.hpp"

#include "certs/keys/digest.hpp"

#include <fmt/format.h>

namespace onceway::central {
namespace {

/// Plain http first: clients derive https from it, and discard what is only https.
registry::Anchor anchor_of(const State& state, std::string_view directory, const std::vector<Octets>& certificates) {
    registry::Anchor anchor;
    anchor.instance = state.instance;
    anchor.sources = {{fmt::format("http://{}/{}", state.publication.address, directory), certificates},
                      {fmt::format("https://{}/{}", state.publication.https_address, directory), certificates}};
    return anchor;
}

std::optional<Octets> stored_anchor(store::Database& database, std::string_view source, OctetsView basis) {
    auto row = database.prepare("SELECT octets FROM anchor WHERE source = ? AND basis = ?");
    row.bind_text(1, source).bind_blob(2, basis);
    if (!row.step()) return std::nullopt;
    return row.blob(0);
}

void store_anchor(store::Database& database, std::string_view source, OctetsView basis, OctetsView octets) {
    auto row = database.prepare("INSERT OR REPLACE INTO anchor (source, basis, octets) VALUES (?, ?, ?)");
    row.bind_text(1, source).bind_blob(2, basis).bind_blob(3, octets);
    row.step();
}

Result<AnchorFile> current(store::Database& database, std::string_view source, registry::Anchor anchor,
                           const std::filesystem::path& folder, Instant at) {
    // Without its time, an anchor is what it depends on.
    const auto basis = keys::sha256(registry::write_anchor(anchor));
    auto octets = stored_anchor(database, source, basis);
    if (!octets) {
        anchor.generated_at = at;
        octets = registry::write_anchor(anchor);
        store_anchor(database, source, basis, *octets);
    }
    AnchorFile file{folder / fmt::format("anchor-{}.xml", source), *octets, anchor_hash(*octets)};
    const auto on_disk = store::read_whole(file.path, file.octets.size());
    if (!on_disk || *on_disk != file.octets)
        if (auto written = store::write_whole(file.path, file.octets); !written) return written.error();
    return file;
}

}  // namespace

std::string anchor_hash(OctetsView octets) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string hash;
    for (const unsigned char octet : keys::digest(keys::Digest::sha224, octets)) {
        if (!hash.empty()) hash += ':';
        hash += digits[octet >> 4];
        hash += digits[octet & 15];
    }
    return hash;
}

Result<Anchors> current_anchors(store::Database& database, const State& state, const OwnCertificates& own,
                                const std::filesystem::path& folder, Instant at) {
    auto internal = current(database, "internal", anchor_of(state, "internalconf", own.internal), folder, at);
    if (!internal) return std::move(internal).error();
    auto external = current(database, "external", anchor_of(state, "externalconf", own.external), folder, at);
    if (!external) return std::move(external).error();
    return Anchors{std::move(*internal), std::move(*external)};
}

}  // namespace onceway::central
