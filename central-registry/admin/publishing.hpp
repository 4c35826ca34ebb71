// From the state that holds to a publication: the one way, for every command.
#pragma once

#include "central-registry/admin/place.hpp"
#include "central-registry/publish/anchors.hpp"
#include "central-registry/publish/publisher.hpp"
#include "schemas/store/database.hpp"

namespace onceway::central {

/// Opens the registry of `place`. Faults: `not_found` when none lives there, `database_error`.
Result<store::Database> open_registry(const Place& place);

/// The certificates of the registry's own keys.
OwnCertificates own_certificates(store::Database& database);

/// The anchors that fit the state that holds, on disk when this returns. Faults: `io_error`.
Result<Anchors> refresh_anchors(store::Database& database, const Place& place, Instant at);

/// Makes a publication of the state that holds. A failure leaves the former publication untouched.
/// Faults: `invalid_argument` while no management provider is set, `pin_incorrect`, `io_error`, `cannot_sign`.
Result<Published> publish_state(store::Database& database, const Place& place, KeyRing& ring, Instant now);

}  // namespace onceway::central
