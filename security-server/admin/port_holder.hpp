// Who listens on a port of this machine, as far as the system tells this user.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace onceway::admin {

struct PortHolder {
    int pid = 0;       // 0: another user's process, which the system does not show
    std::string name;  // of the program

    std::string text() const;  // "nginx (process 812)"
};

/// The process that listens at a numeric address, or at all addresses, on `port`; none when nobody does.
std::optional<PortHolder> port_holder(const std::string& address, std::uint16_t port);

}  // namespace onceway::admin
