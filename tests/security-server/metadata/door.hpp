// A route behind a listener of a test's own, and a caller that asks it.
#pragma once

#include "certs/channel/client.hpp"
#include "certs/channel/server.hpp"
#include "tests/security-server/records/samples.hpp"

#include <memory>
#include <string>

namespace onceway::tests {

class Door {
public:
    explicit Door(channel::Route route) {
        channel::ListenerSettings settings;
        settings.name = "test";
        settings.address = "127.0.0.1";
        listener_ = must(channel::Listener::open(threads_, std::move(settings), std::move(route)));
    }
    /// The answer to GET `target`.
    channel::FetchAnswer get(const std::string& target, message::Fields fields = {}) {
        channel::FetchRequest request;
        request.fields = std::move(fields);
        request.url = {false, "127.0.0.1", listener_->port(), target};
        request.most = 16 * 1024 * 1024;
        return must(outcome_of(channel::fetch(std::move(request))));
    }

private:
    channel::Threads threads_{1};
    std::unique_ptr<channel::Listener> listener_;
};

inline std::string field_of(const channel::FetchAnswer& answer, std::string_view name) {
    return std::string(message::field(answer.fields, name).value_or("(no such field)"));
}

}  // namespace onceway::tests
