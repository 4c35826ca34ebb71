// Serving HTTP from an adapter: a handler that may block, a listener, and a stop that lets running requests finish.
#pragma once

#include "adapters/kit/answer.hpp"
#include "schemas/base/result.hpp"
#include "schemas/message/http_head.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace onceway::kit {

/// One request, its body whole. The head has passed the strict scanner.
struct Request {
    std::string method;
    std::string target;  // raw path and query
    message::Fields fields;
    Octets body;
};

/// Answers one request. Called on the disk pool, by several threads at once; may block. What it throws becomes a 500.
using Handler = std::function<Answer(const Request&)>;

struct ServingSettings {
    std::string name;  // for the log
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;               // 0: any
    std::size_t body_octets = 64 * 1024;  // a longer body is answered 413
};

class Serving {
public:
    /// Faults: `network_error` with address, port and reason.
    static Result<std::unique_ptr<Serving>> open(ServingSettings settings, Handler handler);
    ~Serving();  // stops

    std::uint16_t port() const;
    /// Accepts no more, waits until running requests are answered or `within` has passed. True when none was cut off.
    bool stop(std::chrono::milliseconds within = std::chrono::seconds(10));

private:
    struct Parts;
    explicit Serving(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Keeps SIGTERM and SIGINT from ending the process. Call in `main`, before any thread starts.
void hold_stop_signals();
/// Waits for SIGTERM or SIGINT and gives its name.
std::string wait_for_stop_signal();

}  // namespace onceway::kit
