// Calls the information systems behind services, and fetches the descriptions that they publish.
#pragma once

#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"
#include "security-server/access/state.hpp"
#include "security-server/house.hpp"
#include "security-server/provider/call.hpp"

#include <memory>
#include <string>

namespace onceway::provider {

class Services {
public:
    explicit Services(const House& house);
    ~Services();

    /// Makes `call` to `service` of `owner`, on a connection that is still warm or on a new one, to an address that the
    /// operator's policy permits. Nothing is followed, repeated or decompressed. Each wait is bounded by the service's
    /// timeout. Faults: `service_missing_url`, `service_malformed_url`, `ssl_authentication_failed`, `unknown_host`,
    /// `network_error`, `http_error`, `too_large` (its head), `io_error` (it answered late, ended early), and those of
    /// the call. Rule: message-transport §5.5.
    Async<void> call(const access::Service& service, const access::Client& owner, Call& call);

    /// A description as its system gave it.
    struct Description {
        std::string type;  // as the answer said; empty when it did not
        Octets octets;
        std::shared_ptr<void> place;  // held for as long as the document is in memory
    };
    /// Downloads the description of `service` as it stands now, with the service's own TLS setting: at most 10 MiB,
    /// within 30 s, nothing followed; at most four at a time. Faults: `internal_error`, with what was found;
    /// `overloaded`. Rule: server-services §1.4, §1.5.
    Async<Description> description(const access::Service& service, const access::Client& owner);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::provider
