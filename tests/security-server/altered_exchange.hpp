// A hostile machine in the middle: sees the whole request of one exchange and the whole answer, and may change both.
#pragma once

#include "certs/channel/server.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace onceway::tests {

struct Question {
    message::RequestHead head;
    std::string body;
    std::vector<x509::Certificate> certificates;
};
struct Reply {
    int status = 200;
    message::Fields fields;
    std::string body;
    bool sent = true;  // false: the connection breaks instead
};

/// Stands between a listener and a route. `read` first, then the route, then `pass_on`.
class AlteredExchange : public channel::Exchange {
public:
    explicit AlteredExchange(channel::Exchange& inner);

    Async<void> read(const std::function<void(Question&)>& alter);
    Async<void> pass_on(const std::function<void(Reply&)>& alter);

    const message::RequestHead& head() const override;
    bool over_tls() const override;
    const std::vector<x509::Certificate>& peer_certificates() const override;
    const std::string& peer_address() const override;
    Async<OctetsView> read_body() override;
    Async<void> drain(std::uint64_t most) override;
    Async<void> respond(int status, std::string_view reason, const message::Fields& fields, OctetsView body) override;
    Async<void> begin(int status, std::string_view reason, const message::Fields& fields, Streaming how) override;
    Async<void> write(OctetsView octets) override;
    Async<void> flush() override;
    Async<void> finish() override;
    bool answered() const override;
    void close_after() override;

private:
    channel::Exchange& inner_;
    Question question_;
    Reply reply_;
    OctetsView left_;
    bool answered_ = false;
};

/// Replaces the one place where `from` stands.
void replace(std::string& text, std::string_view from, std::string_view to);

}  // namespace onceway::tests
