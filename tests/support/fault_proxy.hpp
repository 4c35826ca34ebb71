// A TCP proxy that does to a connection what networks do: delay, slowness, loss, cuts, flipped bits, silence, garbage.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace onceway::tests {

/// What happens to the octets of one direction. Counts are of octets since the connection began.
struct Weather {
    std::chrono::milliseconds delay{0};                            // before each piece
    std::uint64_t octets_per_second = 0;                           // 0: as fast as it goes
    double stalled_share = 0;                                      // of the pieces of 1,448 octets …
    std::chrono::milliseconds stalled_for{200};                    // … that wait so long, as after a lost one
    std::optional<std::uint64_t> cut_after = std::nullopt;         // then the connection is reset, both ways
    std::optional<std::uint64_t> flip_at = std::nullopt;           // the lowest bit of this octet
    std::optional<std::uint64_t> stall_after = std::nullopt;       // then nothing passes, and nobody hears why
    std::optional<std::uint64_t> half_close_after = std::nullopt;  // then this direction ends; the other goes on
    std::optional<std::string> instead = std::nullopt;             // sent in place of everything, and then the end
};

/// Listens on a port of its own and passes on to another, until it is destroyed. Connections see the weather as it is
/// when their octets pass.
class FaultProxy {
public:
    FaultProxy(std::string to_address, std::uint16_t to_port, std::string at_address = "127.0.0.1");
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;
    ~FaultProxy();

    std::uint16_t port() const { return port_; }
    void there(Weather weather);  // from who connects
    void back(Weather weather);   // to who connects
    void fair() { there({}), back({}); }

    /// Nobody listens any more, and what is open is reset; until `up`.
    void down();
    void up();

    int connections() const { return connections_; }  // that were made so far
    std::uint64_t octets_there() const { return octets_[0]; }
    std::uint64_t octets_back() const { return octets_[1]; }

private:
    struct Line;
    void listen();
    void accept();
    void pump(Line& line, int direction);
    /// Passes on one piece; false when the direction has ended.
    bool pass(Line& line, int direction, std::string piece, std::uint64_t before);
    Weather weather(int direction);
    void wait(const Line& line, std::chrono::milliseconds time) const;
    void reset_all();

    const std::string to_address_, at_address_;
    const std::uint16_t to_port_;
    std::uint16_t port_ = 0;
    std::mutex guard_;
    Weather weather_[2];
    std::list<std::unique_ptr<Line>> lines_;
    std::atomic<int> listener_{-1};
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0};
    std::atomic<std::uint64_t> octets_[2]{0, 0};
    std::thread acceptor_;
};

}  // namespace onceway::tests
