// Requests that came before: the same signed request a second time is noticed. Threat row 27.
#pragma once

#include "schemas/base/bytes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace onceway::provider {

/// Remembers the digests of requests for at least `window` and at most twice that, or until `most` came after them.
/// What other servers send anew differs: the message part of each sending has a request id of its own. Any thread may
/// ask; each waits for at most one of sixteen others.
class Repetitions {
public:
    using Moment = std::chrono::steady_clock::time_point;
    explicit Repetitions(std::chrono::seconds window = std::chrono::minutes(10), std::size_t most = 50'000)
        : window_(window), most_(most / shelves) {}

    /// True when a request with this digest was noted before. `digest`: what an answer says in x-road-request-hash, so
    /// client, message id and every octet of message and body are in it.
    bool note(OctetsView digest, Moment now = std::chrono::steady_clock::now());

private:
    using Key = std::uint64_t;  // of a SHA-512: by chance two in 50,000 are the same once in ten billion windows
    struct Shelf {
        std::mutex guard;
        std::unordered_set<Key> young, old;
        Moment since{};
    };
    static constexpr std::size_t shelves = 16;
    const std::chrono::steady_clock::duration window_;
    const std::size_t most_;
    std::array<Shelf, shelves> shelves_;
};

}  // namespace onceway::provider
