// Somebody who is asked, answers with given octets and adds an answer that nobody asked for; everybody else gets a good
// one. Plain, or over TLS with a server's own certificate.
#pragma once

#include "certs/channel/tls.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace onceway::tests {

class HostileAnswerer {
public:
    enum class Then { more, end, cut };  // an answer that nobody asked for, an orderly end, an end without alert

    HostileAnswerer(const std::string& address, std::uint16_t port, std::shared_ptr<channel::TlsContext> tls,
                    std::string good, std::string unasked);
    ~HostileAnswerer();

    std::uint16_t port() const;
    /// The next request is answered with these octets.
    void arm(std::string octets, Then then);
    int requests() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::tests
