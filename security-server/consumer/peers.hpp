// Connections to the security servers of others: opened, judged, and kept for the next message.
#pragma once

#include "schemas/base/async.hpp"
#include "schemas/identity/identifiers.hpp"
#include "security-server/house.hpp"
#include "security-server/transport/idle_lines.hpp"

#include <memory>
#include <string>
#include <vector>

namespace onceway::consumer {

using transport::Line;

class Peers {
public:
    explicit Peers(const House& house);
    ~Peers();

    /// A connection to one of `addresses`: one that was kept, else a new one. Of several addresses the one that won
    /// last time is tried first; without it they race, and the first that is connected and in order wins, for an hour
    /// or until it fails. Nothing has been sent on it for this message. Whether kept or new, the certificate at the
    /// other end is judged for `provider` by `snapshot` and by its OCSP answers of now. Faults:
    /// `ssl_authentication_failed…`, `unknown_host`, `network_error`: those of the last address tried. Rule:
    /// message-transport §3.1.2, §3.2; decision 12 of architecture.md.
    Async<Line> open(std::vector<std::string> addresses, identity::ClientId provider,
                     std::shared_ptr<const registry_view::Snapshot> snapshot);

    /// Keeps a connection whose exchange is finished, when it may carry another; else closes it. On the thread that
    /// used it.
    Async<void> give_back(Line line);

    /// Connections from before are not used any more, and the next one shows the certificate as it is then.
    void renew();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::consumer
