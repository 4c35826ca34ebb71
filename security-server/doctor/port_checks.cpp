// Ports: open by the running server, or free for it to open.
#include "security-server/admin/port_holder.hpp"
#include "security-server/doctor/checks.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <boost/json.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace onceway::doctor {
namespace {

/// A port of server.toml, and the name of its door.
struct Port {
    const char* door;
    std::string address;
    std::uint16_t number;
    const char* what;

    std::string where() const { return fmt::format("{}:{}", address, number); }
};

std::vector<Port> ports_of(const admin::ServerFile& file) {
    std::vector<Port> ports{{"consumer-http", file.inside, file.ports.http, "information systems, http"},
                            {"consumer-https", file.inside, file.ports.https, "information systems, https"},
                            {"messages", file.outside, file.ports.messages, "messages of other servers"},
                            {"ocsp", file.outside, file.ports.ocsp, "OCSP answers for other servers"}};
    if (!file.health_address.empty())
        ports.push_back({"health", file.health_address, file.health_port, "health endpoint"});
    return ports;
}

/// The errno of binding there; 0 when it is free.
int try_to_bind(const Port& port) {
    boost::system::error_code refused;
    const auto address = boost::asio::ip::make_address(port.address, refused);
    if (refused) return EADDRNOTAVAIL;
    const int descriptor = ::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return errno;
    const int yes = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    int result = 0;
    if (address.is_v4()) {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port.number);
        const auto bytes = address.to_v4().to_bytes();
        std::memcpy(&name.sin_addr, bytes.data(), bytes.size());
        result = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    } else {
        sockaddr_in6 name{};
        name.sin6_family = AF_INET6;
        name.sin6_port = htons(port.number);
        const auto bytes = address.to_v6().to_bytes();
        std::memcpy(&name.sin6_addr, bytes.data(), bytes.size());
        result = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    }
    const int why = result == 0 ? 0 : errno;
    ::close(descriptor);
    return why;
}

Finding not_free(const Port& port, int why) {
    const auto group = Group::ports;
    if (why == EADDRINUSE) {
        const auto holder = admin::port_holder(port.address, port.number);
        return failed(
            group, "port", port.where(),
            fmt::format("It is for {}, but {} listens there.", port.what, holder ? holder->text() : "another program"),
            Turn::here, "Stop that program, or give it or this server (server.toml, [listen]) another address.");
    }
    if (why == EADDRNOTAVAIL)
        return failed(group, "port", port.where(), fmt::format("{} is no address of this machine.", port.address),
                      Turn::here, "Write one of this machine's addresses into server.toml, [listen], or add this one.");
    if (why == EACCES)
        return failed(group, "port", port.where(), "This user may not open ports below 1024.", Turn::here,
                      "Choose a port above 1023, or grant the program CAP_NET_BIND_SERVICE.");
    return failed(group, "port", port.where(), fmt::format("It cannot be opened: {}.", std::strerror(why)), Turn::here,
                  "Put the network of this machine right.");
}

Finding of_stopped(const Port& port) {
    if (const int why = try_to_bind(port); why != 0) return not_free(port, why);
    return ok(Group::ports, "port", port.where(), fmt::format("It is free, for {}.", port.what));
}

Finding of_running(const Port& port, const boost::json::object& status) {
    if (const auto* doors = section(status, "queues").if_contains("doors"); doors && doors->is_array())
        for (const auto& entry : doors->as_array()) {
            const auto& door = entry.as_object();
            if (admin::text_in(door, "name") == port.door)
                return ok(Group::ports, "port", fmt::format("{}:{}", port.address, number_in(door, "port")),
                          fmt::format("Open, for {}; {} connections, {} exchanges.", port.what,
                                      number_in(door, "connections"), number_in(door, "exchanges")));
        }
    return failed(Group::ports, "port", port.where(), fmt::format("The server has not opened it, for {}.", port.what),
                  Turn::here,
                  std::string_view(port.door) == "messages"
                      ? "It opens by itself once there is a usable authentication certificate: see the keys below."
                      : "Look for `server.failed` in its log, and restart it.");
}

}  // namespace

Checks port_checks(const PatientPtr& patient) {
    Checks checks;
    if (patient->hangs()) return checks;  // they are its own, and it tells nothing about them
    for (const auto& port : ports_of(patient->file)) {
        if (port.number == 0 && !patient->running) continue;  // any port will do
        auto late =
            unknown(Group::ports, "port", port.where(), "This machine did not answer in time.", "Look at its load.");
        checks.push_back(check(std::move(late), [patient, port] {
            return patient->running ? of_running(port, patient->status) : of_stopped(port);
        }));
    }
    return checks;
}

}  // namespace onceway::doctor
