// The provider side: others ask our information systems. Verify, authorise, record, forward, seal, record, answer.
#pragma once

#include "certs/channel/server.hpp"
#include "security-server/house.hpp"

#include <memory>

namespace onceway::provider {

class Provider {
public:
    explicit Provider(House house);
    ~Provider();

    /// Answers one message on port 5500. The decision sequence stands in one screen, in the order of
    /// message-transport §3.11.1 and §5.1.
    boost::asio::awaitable<void> answer(channel::Exchange& exchange);

    /// How much is in flight, and how often there was no place.
    const transport::Places& places() const;

    /// The TLS configuration of port 5500 as key ring and configuration stand now.
    Result<std::shared_ptr<channel::TlsContext>> tls() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::provider
