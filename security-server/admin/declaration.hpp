// What a state file says, no more and no less: a service that a description brings needs no word of its own, and what
// is not said of it stays as it stands. The state that traffic uses is made of this (`proposal.hpp`).
#pragma once

#include "schemas/base/result.hpp"
#include "security-server/access/state.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::admin {

/// One [[client.service]]. What is absent was not said.
struct DeclaredService {
    std::string code;
    std::optional<std::string> version;
    access::ServiceType type = access::ServiceType::rest;
    std::string description;  // address of its document, or empty
    std::string title;
    std::optional<std::string> url;
    std::optional<std::chrono::milliseconds> timeout;
    std::optional<bool> verify_certificate;
    std::optional<std::string> disabled;                     // a notice
    std::optional<std::vector<access::Endpoint>> by_hand;    // endpoints = […]
    std::optional<std::vector<access::Endpoint>> generated;  // generated_endpoints = […]
};

/// One [[client.description]].
struct DeclaredDescription {
    access::ServiceType type = access::ServiceType::wsdl;
    std::string url;
    std::string code;             // of the one service of an OpenAPI document
    std::optional<bool> enabled;  // absent: as it stands; a new one is disabled
    std::string notice;           // when it is not enabled
    std::string sha256, read_at;  // of the document that was approved; empty: whichever there is
};

/// One [[client]]: id, connection, certificates, groups and rights are complete.
struct DeclaredClient {
    access::Client base;
    std::vector<DeclaredService> services;
    std::vector<DeclaredDescription> descriptions;

    const DeclaredDescription* description(std::string_view url) const;
};

struct Declaration {
    std::vector<DeclaredClient> clients;
};

/// Reads a state file. Certificates are PEM text, or names of files relative to `beside`. `server` is the server whose
/// state it is: all clients are of its instance. Faults: `malformed_server_conf` with file, line, key, and what would
/// be right.
Result<Declaration> read_declaration(std::string_view text, const std::string& name,
                                     const std::filesystem::path& beside, const identity::ServerId& server);

/// The same as a file that needs no other file, in a fixed order.
std::string write_declaration(const Declaration& declaration);

/// Everything said of everything, as the state has it.
Declaration declaration_of(const access::State& state);
/// The notice of a description that nobody has enabled yet. Rule: server-services §2.3.
inline constexpr std::string_view new_notice = "Out of order";

/// The state of a declaration that says everything. Faults: `malformed_server_conf` for a description whose document
/// was never read, or an OpenAPI one without its one service.
Result<access::State> state_of(const Declaration& declaration);

/// A service as it is when nobody says otherwise, with what was said.
access::Service service_of(const DeclaredService& declared);
/// Gives every right to an endpoint its endpoint, and what a description says of its services to them. Both readers and
/// changes end with it.
void settle(access::Client& client);

}  // namespace onceway::admin
