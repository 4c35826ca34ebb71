// The pilot's two doors: OCSP and time-stamping over HTTP.
#pragma once

#include "certs/pilot/authority.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace onceway::pilot {

struct ServiceSettings {
    std::string ocsp = "127.0.0.1:8888";  // address and port; port 0: any
    std::string tsa = "127.0.0.1:8899";
    std::chrono::seconds next_update{3600};  // of OCSP answers; 0: without nextUpdate
};

/// Answers until it is stopped. Reads at each request what the authority's folder says: revocations and instructions to
/// fail take effect at once.
class Service {
public:
    /// Listens when this returns. Faults: `invalid_argument` for an address, `network_error`.
    static Result<std::unique_ptr<Service>> start(std::shared_ptr<const Authority> authority,
                                                  const ServiceSettings& settings,
                                                  const Clock& clock = Clock::system());
    ~Service();  // stops

    std::string ocsp_url() const;
    std::string tsa_url() const;
    /// Accepts no more; what is being answered is answered, for at most five seconds.
    void stop();

private:
    struct Parts;
    explicit Service(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::pilot
