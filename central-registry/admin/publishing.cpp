#include "central-registry/admin/publishing.hpp"

#include "central-registry/members/database.hpp"
#include "central-registry/members/store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::central {
namespace {

constexpr std::chrono::seconds least_retention{600};  // Rule: global-configuration §2.8

}  // namespace

Result<store::Database> open_registry(const Place& place) {
    if (!has_database(place.folder))
        return fault(
            FaultCode::not_found,
            fmt::format("There is no registry in {}. Create one with `onceway-registry init`.", place.folder.string()));
    return open_database(place.folder);
}

OwnCertificates own_certificates(store::Database& database) {
    OwnCertificates own{
        listed_certificates(database, Purpose::internal), listed_certificates(database, Purpose::external), {}};
    for (const auto& key : load_certificates(database, Purpose::tls))
        if (key.active) own.tls = key.certificate.der();
    return own;
}

Result<Anchors> refresh_anchors(store::Database& database, const Place& place, Instant at) {
    return current_anchors(database, load_state(database), own_certificates(database), place.folder, at);
}

Result<Published> publish_state(store::Database& database, const Place& place, KeyRing& ring, Instant now) {
    // 1. The documents: what the state says. While it says too little, nothing is published.
    const auto state = load_state(database);
    const auto own = own_certificates(database);
    const auto secret_part = private_parameters(state, own);
    if (!secret_part) return secret_part.error();
    const Edition edition{state.instance, registry::write_private_parameters(*secret_part),
                          registry::write_shared_parameters(shared_parameters(state, own))};

    // 2. The keys that sign.
    const auto keys = ring.open(database);
    if (!keys) return keys.error();

    // 3. The anchors first: whoever is set up from now on must be able to read what follows.
    if (auto anchors = current_anchors(database, state, own, place.folder, now); !anchors) return anchors.error();
    Publisher publisher(place.published(), std::max(least_retention, state.publication.valid));
    return publisher.publish(edition, **keys, now, state.publication.valid);
}

}  // namespace onceway::central
