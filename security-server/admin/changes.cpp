#include "security-server/admin/changes.hpp"

#include "security-server/admin/change_parts.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/admin/state_rules.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <algorithm>

namespace onceway::admin {

using access::Client, access::ConnectionType;

// --- what was asked ------------------------------------------------------------------------------------------------

std::optional<std::string> Wish::said(std::string_view key) const {
    const auto* value = given_.if_contains(key);
    if (!value || !value->is_string()) return {};
    return std::string(value->as_string());
}

std::string Wish::text(std::string_view key) const { return said(key).value_or(""); }

std::optional<bool> Wish::flag(std::string_view key) const {
    const auto* value = given_.if_contains(key);
    return value && value->is_bool() ? std::optional(value->as_bool()) : std::nullopt;
}

std::optional<std::int64_t> Wish::number(std::string_view key) const {
    const auto* value = given_.if_contains(key);
    return value && value->is_int64() ? std::optional(value->as_int64()) : std::nullopt;
}

std::vector<std::string> Wish::texts(std::string_view key) const {
    std::vector<std::string> all;
    const auto* value = given_.if_contains(key);
    if (!value || !value->is_array()) return all;
    for (const auto& one : value->as_array())
        if (one.is_string()) all.emplace_back(one.as_string());
    return all;
}

// --- clients -------------------------------------------------------------------------------------------------------

namespace {

Result<void> connect_as(Client& client, const Wish& wish) {
    const auto word = wish.said("connection");
    if (word == "http")
        client.connection = ConnectionType::http;
    else if (word == "https")
        client.connection = ConnectionType::https;
    else if (word == "https-no-authentication")
        client.connection = ConnectionType::https_no_authentication;
    else if (word)
        return cannot(fmt::format("A connection is http, https or https-no-authentication, not '{}'.", *word));
    for (const auto& pem : wish.texts("certificates")) {
        const auto certificate = x509::Certificate::from_pem_or_der(pem);
        if (!certificate) return certificate.error();
        if (std::ranges::count(client.certificates, *certificate) == 0) client.certificates.push_back(*certificate);
    }
    return {};
}

Result<void> check_connection(const Client& client) {
    if (client.connection == ConnectionType::https && client.certificates.empty())
        return cannot("The connection https needs a certificate of the information systems: name its file.");
    return {};
}

Result<void> set_client(Changing& at) {
    if (auto connected = connect_as(at.client, at.wish); !connected) return connected;
    for (const auto& digest : at.wish.texts("drop")) {
        const auto named = [&](const x509::Certificate& one) { return to_hex(one.sha256()).starts_with(digest); };
        if (digest.size() < 8) return cannot("A certificate is named by at least 8 digits of its SHA-256.");
        if (std::erase_if(at.client.certificates, named) == 0)
            return is_not_there(fmt::format("No certificate of {} has the SHA-256 {}.", at.client.id.url(), digest));
    }
    return check_connection(at.client);
}

Result<Client> new_client(const Wish& wish, const identity::ClientId& id, const Ground& ground) {
    if (id.instance != ground.server.owner.instance)
        return cannot(fmt::format("{} is not of this server's instance, {}.", id.url(), ground.server.owner.instance));
    Client client;
    client.id = id;
    if (auto connected = connect_as(client, wish); !connected) return connected.error();
    if (auto can = check_connection(client); !can) return can.error();
    return client;
}

const ChangeOf* change_named(std::string_view kind) {
    static constexpr ChangeOf client_set{"client.set", set_client};
    if (kind == client_set.kind) return &client_set;
    for (const auto& menu : {description_changes(), service_changes(), right_changes()})
        for (const auto& entry : menu)
            if (entry.kind == kind) return &entry;
    return nullptr;
}

/// Changes the client itself, or its place in the list.
Result<void> change(access::State& next, const Wish& wish, const Ground& ground,
                    std::vector<descriptions::Warning>& warnings) {
    const auto kind = wish.text("kind");
    const auto id = identity::ClientId::from_header(wish.text("client"));
    if (!id) return cannot("A client is instance/class/member[/subsystem]: " + id.error().detail);
    const auto found = std::ranges::find(next.clients, *id, &Client::id);
    if (kind == "client.add") {
        if (found != next.clients.end()) return not_so(id->url() + " is declared already.");
        auto client = new_client(wish, *id, ground);
        if (!client) return client.error();
        next.clients.push_back(std::move(*client));
        return {};
    }
    if (found == next.clients.end())
        return is_not_there(id->url() + " is not declared at this server; `onceway-server client add` declares it.");
    if (kind == "client.remove") {
        next.clients.erase(found);
        return {};
    }
    const auto* entry = change_named(kind);
    if (!entry) return cannot(fmt::format("The change '{}' is not known to this release.", kind));
    Changing at{wish, ground, *found, warnings};
    auto changed = entry->change(at);
    settle(*found);
    return changed;
}

}  // namespace

Result<Proposal> propose_change(const boost::json::object& wanted, const Ground& ground) {
    Proposal proposal{ground.now, {}};
    proposal.next.revision = 0;
    const Wish wish(wanted);
    if (auto changed = change(proposal.next, wish, ground, proposal.warnings); !changed) return changed.error();
    if (auto kept = check_state(proposal.next, ground.server); !kept) return kept.error();
    return proposal;
}

}  // namespace onceway::admin
