// The consumer side: our information systems ask others. One exchange, in REST or in SOAP, from the first octet to the
// answer.
#pragma once

#include "certs/channel/server.hpp"
#include "security-server/house.hpp"

#include <memory>

namespace onceway::consumer {

class Consumer {
public:
    explicit Consumer(House house);
    ~Consumer();

    /// Answers one request, to `/r1/…` in REST, any other in SOAP: authenticate the caller, find the provider, seal,
    /// record, carry, open the answer, record, check that it belongs to the question, deliver.
    /// Rule: message-transport §2.1 to §2.8, §3.11.2; message-log §1.2.
    boost::asio::awaitable<void> answer(channel::Exchange& exchange);

    /// The own certificate changed, or a configuration withdrew one: connections and TLS contexts are made anew.
    void renew();

    /// How much is in flight, and how often there was no place.
    const transport::Places& places() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::consumer
