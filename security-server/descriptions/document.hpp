// Fetches a description from where its operator says it lies.
#pragma once

#include "certs/channel/address_policy.hpp"
#include "certs/channel/tls.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace onceway::descriptions {

/// A document as it came.
struct Document {
    Octets octets;
    std::string content_type;    // as the answer gave it; empty when it gave none
    std::string sha256() const;  // in hex
};

/// How to fetch. Towards https any certificate passes unless `verify`: then the leaf must be one of `pinned`.
struct Fetching {
    std::shared_ptr<const channel::AddressPolicy> permitted = channel::AddressPolicy::usual();
    std::shared_ptr<const channel::TlsIdentity> own{};  // shown to a server that asks; null: none
    bool verify = false;
    std::vector<x509::Certificate> pinned{};
    std::chrono::milliseconds connect{30'000}, total{30'000};
};

/// The document at `url`: one GET, answered with 200 and at most 10 MiB. No redirect, no import is followed, nothing is
/// tried twice, and only an address that is permitted is called.
/// Faults: `service_malformed_url`, those of `channel::fetch`, `http_error` (another status), `too_large`.
/// Rule: server-services §2.3, 1; kept in docs/conformance/server-services.md as 22.
Async<Document> fetch_document(std::string url, Fetching how);

}  // namespace onceway::descriptions
