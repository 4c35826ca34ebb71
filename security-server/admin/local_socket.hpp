// The local administration socket: a file in the data folder that only its owner can open. One line asks, one answers.
#pragma once

#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace onceway::admin {

/// The longest line either way; a declared state is the largest thing said here.
inline constexpr std::size_t socket_line_octets = 16 * 1024 * 1024;

/// Answers lines for as long as it lives. Who connects must be this process's user or root.
class LocalSocket {
public:
    /// Answers one line; called on the disk pool, so it may block.
    using Answer = std::function<Octets(OctetsView line)>;

    /// Binds `path` (0600), replacing a socket that a killed server left behind: the caller holds the folder's lock.
    /// Faults: `io_error` with path and reason.
    static Result<std::unique_ptr<LocalSocket>> open(boost::asio::io_context& context, std::filesystem::path path,
                                                     Answer answer);
    ~LocalSocket();  // and removes the file

    /// Accepts for ever.
    boost::asio::awaitable<void> run();

private:
    struct Parts;
    explicit LocalSocket(std::shared_ptr<Parts> parts);
    std::shared_ptr<Parts> parts_;
};

/// Says one line to a running server and waits for its answer. Faults: `network_error` when nobody listens there,
/// `timed_out`, `io_error`.
Result<Octets> ask_socket(const std::filesystem::path& path, OctetsView line, std::chrono::milliseconds patience);

}  // namespace onceway::admin
