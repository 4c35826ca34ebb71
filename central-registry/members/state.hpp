// The declared state of an instance: everything that the registry's operator decides, as plain types.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/identity/identifiers.hpp"
#include "schemas/registry/documents.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::central {

/// The group that the registry keeps by itself: every member that owns a server.
inline constexpr std::string_view owners_group = "security-server-owners";

/// Where the configuration is had, how often it is made anew, and how long it is valid.
struct Publication {
    std::string address;        // host, or host:port; what anchors and shared parameters name
    std::string https_address;  // the same for https
    std::chrono::seconds every{60}, valid{600};
};

/// Who carries management requests, and where servers register their certificates.
struct Management {
    std::optional<identity::ClientId> provider;
    std::string url;                    // empty: https://<host>:4001/managementservice/
    std::optional<Octets> certificate;  // DER; none: the certificate of the registry's own HTTPS door
};

struct Server {
    identity::ServerId id;
    std::string address;                      // host name or IP address, without port
    std::vector<Octets> certificates;         // authentication certificates, DER
    std::vector<identity::ClientId> clients;  // besides the owner
    std::optional<std::string> maintenance;   // message, possibly empty, while in maintenance mode
};

struct State {
    std::string instance;
    Publication publication;
    Management management;
    std::map<std::string, std::string> member_classes;  // code → description
    std::vector<registry::Member> members;              // class descriptions are empty here; they come from the classes
    std::vector<Server> servers;
    std::vector<registry::ApprovedCa> certification_services;
    std::vector<registry::ApprovedTsa> time_stamping_services;
    std::vector<registry::GlobalGroup> groups;  // without the owners' group
    std::int64_t ocsp_freshness_seconds = 3600, time_stamping_interval_seconds = 60;
};

/// Puts everything whose order carries no meaning into one order, so that the same state gives the same documents.
void put_in_order(State& state);

/// class/code, class/code/subsystem, class/code/server: identifiers of the own instance as operators write them.
std::string short_name(const identity::MemberId& member);
std::string short_name(const identity::ClientId& client);
std::string short_name(const identity::ServerId& server);

}  // namespace onceway::central
