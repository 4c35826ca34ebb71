// What a server's operator declares: its clients, their services, and who may call them. Plain types, replaced whole.
#pragma once

#include "certs/x509/certificate.hpp"
#include "schemas/identity/identifiers.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::access {

/// How an information system must connect. Rule: message-transport §2.1.
enum class ConnectionType { http, https_no_authentication, https };

enum class ServiceType { rest, openapi, wsdl };

/// The longest that a service may be given. A server that waits for another one waits longer than that.
inline constexpr std::chrono::seconds longest_service_timeout{3'600};

/// Something that can be called within a REST service. Rule: server-services §2.4.
struct Endpoint {
    std::string method, path;  // as in a right; never the whole service
    bool generated = false;    // read from the service's description, and changed only by it
    bool operator==(const Endpoint&) const = default;
};

struct Service {
    std::string code;
    ServiceType type = ServiceType::rest;
    std::string url;  // of the information system
    std::chrono::milliseconds timeout{60'000};
    bool verify_certificate = true;       // with https: the leaf must be one of the client's certificates
    std::optional<std::string> disabled;  // a notice, possibly empty: the service is refused; its description's, if any
    std::optional<std::string> version{};  // SOAP only; absent and empty differ
    std::string title{};                   // for people
    std::string description{};             // address of its WSDL or OpenAPI document; empty for plain REST
    std::vector<Endpoint> endpoints{};     // REST and OpenAPI
};

/// A WSDL or OpenAPI document from which services were read; they come, go and change with it. Rule: server-services
/// §2.1.
struct Description {
    ServiceType type = ServiceType::wsdl;
    std::string url;
    std::optional<std::string> disabled{};  // a notice, possibly empty: all its services are refused
    std::string sha256{};                   // of the document as it was read and approved, in hex
    std::string read_at{};                  // RFC 3339
};

/// To whom a right is given.
struct Subject {
    enum class Kind { client, global_group, local_group } kind = Kind::client;
    identity::ClientId client;    // kind client: exact equality
    std::string instance, group;  // kind global_group: instance and code; kind local_group: code
    bool operator==(const Subject&) const = default;
};

/// A right to call one endpoint of a service: method "*" and path "**" mean the whole service. Rule: message-transport
/// §5.2.
struct Right {
    Subject subject;
    std::string service_code;
    std::string method = "*";
    std::string path = "**";
    bool operator==(const Right&) const = default;
};

struct LocalGroup {
    std::string code, description;
    std::vector<identity::ClientId> members;
};

/// A client of this server: one of its subsystems, or its owner.
struct Client {
    identity::ClientId id;
    ConnectionType connection = ConnectionType::http;
    std::vector<x509::Certificate> certificates;  // of its information systems
    std::vector<Service> services;
    std::vector<Right> rights;
    std::vector<LocalGroup> groups;
    std::vector<Description> descriptions{};  // of some of the services: those whose `description` is its address

    /// The description of this address; nullptr: none.
    const Description* description(std::string_view url) const;
    /// The first service of this code, whatever its version.
    const Service* service(std::string_view code) const;
    /// Exactly this service: code and version, absent only equal to absent. Rule: message-transport §5.1, 4.
    const Service* service(std::string_view code, const std::optional<std::string>& version) const;
};

/// A revision of the declared state.
struct State {
    std::uint64_t revision = 0;
    std::vector<Client> clients;
    const Client* client(const identity::ClientId& id) const;
};

}  // namespace onceway::access
