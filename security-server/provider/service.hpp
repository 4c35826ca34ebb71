// Calls the information system behind a service.
#pragma once

#include "certs/channel/payload.hpp"
#include "certs/channel/url.hpp"
#include "schemas/base/async.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/access/state.hpp"
#include "security-server/house.hpp"

#include <memory>
#include <string>

namespace onceway::provider {

/// What an information system answered.
struct ServiceAnswer {
    int status = 0;
    std::string reason;
    message::Fields fields;
    std::shared_ptr<channel::Payload> body;  // null where HTTP has no body; otherwise sealed, possibly empty
};

/// The address of one call: the service's address, the path behind it, the query; all as they were written.
/// Faults: `service_missing_url`, `service_malformed_url`. Rule: message-transport §5.5.
Result<channel::Url> call_address(const access::Service& service, const identity::RestTarget& target);

class Services {
public:
    explicit Services(const House& house);
    ~Services();

    /// Calls `service` of `owner` with what `request` says: its verb and headers as they are, the body for POST, PUT
    /// and PATCH only. Nothing is followed, repeated or decompressed. Each wait is bounded by the service's timeout.
    /// Faults: `service_missing_url`, `service_malformed_url`, `ssl_authentication_failed`, `unknown_host`,
    /// `network_error`, `http_error`, `too_large` (its head), `io_error` (it answered late, ended early),
    /// `internal_error` (a header that cannot be written). Rule: message-transport §5.5.
    Async<ServiceAnswer> call(const access::Service& service, const access::Client& owner,
                              const message::RestRequest& request, const channel::Payload* body);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::provider
