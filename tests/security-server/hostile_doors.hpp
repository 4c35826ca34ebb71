// Every door of ours that speaks HTTP, open and with an information system behind it that remembers what reached it;
// and a caller that writes octets to them as it likes.
#pragma once

#include "tests/security-server/exchange_world.hpp"
#include "tests/security-server/hostile_table.hpp"

namespace onceway::tests {

struct HeardBack {
    std::string octets;
    bool closed = false;  // the door ended the connection
};

/// Where a caller writes to.
struct Aim {
    std::string address;
    std::uint16_t port = 0;
    std::shared_ptr<channel::TlsContext> tls;  // null: plain
};

/// Writes `octets` in one piece, ends its side when `end`, and hears the door out for as long as `patience`.
Async<HeardBack> speak(Aim aim, std::string octets, bool end, std::chrono::seconds patience = std::chrono::seconds(5));

/// One door: how it is reached, and what it takes.
struct HostileDoor {
    char letter;
    std::string name;
    Aim aim;
    Wording wording;
    std::string second;  // a whole good request, the last on its connection
};

class HostileDoors {
public:
    HostileDoors();
    ~HostileDoors();
    const std::vector<HostileDoor>& doors() const { return doors_; }
    /// The doors that a row is meant for.
    std::vector<const HostileDoor*> doors_of(std::string_view letters) const;

    World world;

private:
    HostileDoor consumer();
    /// A member in good standing with software of its own: its certificate, and a message that it signed.
    HostileDoor peer();
    HostileDoor ocsp();
    HostileDoor registry();

    std::vector<HostileDoor> doors_;
    std::unique_ptr<channel::Listener> ocsp_door, registry_door;
};

}  // namespace onceway::tests
