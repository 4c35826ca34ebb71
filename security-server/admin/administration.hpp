// Every request an operator can make of a server, running or not: one JSON object asks, one answers.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"
#include "security-server/admin/gauges.hpp"
#include "security-server/admin/internal_tls.hpp"
#include "security-server/admin/own_keys.hpp"
#include "security-server/admin/server_file.hpp"
#include "security-server/admin/state_store.hpp"
#include "security-server/records/timestamper.hpp"
#include "security-server/registry-view/client.hpp"

#include <memory>

namespace onceway::admin {

/// The parts that requests are about. References outlive the Administration. The pointers are there only when the
/// server runs.
struct Administered {
    const ServerFile& file;
    const Clock& clock;
    StateStore& state;
    OwnKeys& keys;
    registry_view::View& view;
    registry_view::Client* client = nullptr;
    records::MessageLog* log = nullptr;
    records::Timestamper* timestamper = nullptr;
    const Gauges* gauges = nullptr;
    InternalTls* internal_tls = nullptr;  // of a stopped server as well
};

/// A request is `{"do": "state.apply", …}`; an answer is `{"ok": true, …}` or `{"ok": false, "code": …, "detail": …}`.
///
/// | do             | takes                                             | gives                                |
/// |----------------|---------------------------------------------------|--------------------------------------|
/// | status         |                                                   | everything `status --json` shows     |
/// | state.show     |                                                   | state (TOML), revision, history      |
/// | state.compare  | state (as a file declares it), refresh            | revision, changes, warnings, state   |
/// | state.change   | change (`changes.hpp`)                            | the same                             |
/// | state.apply    | state (as compared), expected                     | revision, changes                    |
/// | key.list       |                                                   | unlocked, keys, certificates         |
/// | key.generate   | usage, label, family, bits                        | key                                  |
/// | key.csr        | key, member, name, server_name, profile, fields, dns | csr (PEM), subject                |
/// | key.import     | certificate (PEM or Base64 of DER)                | key, member                          |
/// | key.unlock     | pin                                               |                                      |
/// | internal_tls.show   |                                              | chain (PEM), certificate, waiting    |
/// | internal_tls.renew  |                                              | the same                             |
/// | internal_tls.csr    | name, address                                | csr (PEM)                            |
/// | internal_tls.import | chain (PEM, or Base64 of DER)                | as show                              |
/// | peer.call      | address                                           | certificates (Base64 of DER)         |
///
/// `peer.call` connects to port 5500 of another server as a message would, shows our certificate, and hangs up. It is
/// refused as `invalid_request` when there is no certificate to show.
///
/// Blocks: for the disk, for the derivation of a PIN, for the making of a key, for a peer. Safe from any thread.
class Administration {
public:
    explicit Administration(Administered parts);
    ~Administration();

    /// Answers one request. Never throws for what a request can hold.
    Octets answer(OctetsView request);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::admin
