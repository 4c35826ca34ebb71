// An information system that speaks no HTTP of ours: it answers one connection with given octets, and may hang or
// vanish.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace onceway::tests {

class RawService {
public:
    /// Waits for a head, answers with `octets`, then closes; with `hang` it keeps the connection open and says no more.
    explicit RawService(std::string octets, bool hang = false);
    ~RawService();
    std::uint16_t port() const;
    std::string url() const;
    int requests() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::tests
