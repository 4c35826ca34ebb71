#include "central-registry/members/store.hpp"

#include <charconv>
#include <stdexcept>

namespace onceway::central {
namespace {

using store::Database;
using store::Statement;

std::optional<std::string> optional_text(const Statement& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return row.text(column);
}
std::optional<Octets> optional_blob(const Statement& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return row.blob(column);
}
void bind_optional(Statement& statement, int position, const std::optional<std::string>& text) {
    text ? statement.bind_text(position, *text) : statement.bind_null(position);
}
void bind_optional_blob(Statement& statement, int position, const std::optional<Octets>& octets) {
    octets ? statement.bind_blob(position, *octets) : statement.bind_null(position);
}
void run(Statement& statement) {
    statement.step();
    statement.reset();
}

// --- reading

/// Settings by name; numbers are written as text.
void load_settings(Database& database, State& state) {
    auto row = database.prepare("SELECT name, value FROM setting");
    while (row.step()) {
        const auto name = row.text(0), value = row.text(1);
        std::int64_t number = 0;
        std::from_chars(value.data(), value.data() + value.size(), number);
        if (name == "instance") state.instance = value;
        if (name == "address") state.publication.address = value;
        if (name == "https_address") state.publication.https_address = value;
        if (name == "every_seconds") state.publication.every = std::chrono::seconds(number);
        if (name == "valid_seconds") state.publication.valid = std::chrono::seconds(number);
        if (name == "ocsp_freshness_seconds") state.ocsp_freshness_seconds = number;
        if (name == "time_stamping_interval_seconds") state.time_stamping_interval_seconds = number;
    }
}

/// Members and subsystems by their row, for what refers to them.
struct Rows {
    std::string instance;
    std::map<std::int64_t, identity::MemberId> members;
    std::map<std::int64_t, std::string> subsystems;

    identity::ClientId client(const Statement& row, int member_column) const {
        auto client = identity::ClientId::of(members.at(row.number(member_column)));
        if (!row.is_null(member_column + 1)) client.subsystem = subsystems.at(row.number(member_column + 1));
        return client;
    }
};

Rows load_members(Database& database, State& state) {
    Rows rows{state.instance, {}, {}};
    auto classes = database.prepare("SELECT code, description FROM member_class");
    while (classes.step()) state.member_classes[classes.text(0)] = classes.text(1);
    auto member = database.prepare("SELECT id, class, code, name FROM member");
    auto subsystem = database.prepare("SELECT id, code, name FROM subsystem WHERE member = ?");
    while (member.step()) {
        registry::Member read{{state.instance, member.text(1), member.text(2)}, {}, member.text(3), {}};
        rows.members[member.number(0)] = read.id;
        subsystem.bind(1, member.number(0));
        while (subsystem.step()) {
            rows.subsystems[subsystem.number(0)] = subsystem.text(1);
            read.subsystems.push_back({subsystem.text(1), optional_text(subsystem, 2)});
        }
        subsystem.reset();
        state.members.push_back(std::move(read));
    }
    return rows;
}

void load_servers(Database& database, const Rows& rows, State& state) {
    auto server = database.prepare("SELECT id, owner, code, address, maintenance FROM server");
    auto certificate = database.prepare("SELECT der FROM server_certificate WHERE server = ?");
    auto client = database.prepare("SELECT member, subsystem FROM server_client WHERE server = ?");
    while (server.step()) {
        Server read{
            {rows.members.at(server.number(1)), server.text(2)}, server.text(3), {}, {}, optional_text(server, 4)};
        certificate.bind(1, server.number(0));
        while (certificate.step()) read.certificates.push_back(certificate.blob(0));
        certificate.reset();
        client.bind(1, server.number(0));
        while (client.step()) read.clients.push_back(rows.client(client, 0));
        client.reset();
        state.servers.push_back(std::move(read));
    }
}

registry::CaCertificate load_ca_certificate(Database& database, const Statement& row) {
    registry::CaCertificate ca{row.blob(1), {}};
    auto responder =
        database.prepare("SELECT url, certificate, cost FROM ocsp_responder WHERE ca_certificate = ? ORDER BY id");
    responder.bind(1, row.number(0));
    while (responder.step())
        ca.ocsp.push_back({responder.text(0), optional_blob(responder, 1), optional_text(responder, 2)});
    return ca;
}

void load_services(Database& database, State& state) {
    auto service =
        database.prepare("SELECT id, name, authentication_only, profile, csr_format FROM certification_service");
    auto certificate = database.prepare("SELECT id, der FROM ca_certificate WHERE service = ? ORDER BY id");
    while (service.step()) {
        registry::ApprovedCa read;
        read.name = service.text(1);
        read.authentication_only = service.number(2) != 0;
        read.profile = service.text(3);
        read.default_csr_format = optional_text(service, 4);
        certificate.bind(1, service.number(0));
        for (bool top = true; certificate.step(); top = false) {
            auto ca = load_ca_certificate(database, certificate);
            if (top)
                read.top = std::move(ca);
            else
                read.intermediates.push_back(std::move(ca));
        }
        certificate.reset();
        state.certification_services.push_back(std::move(read));
    }
    auto tsa = database.prepare("SELECT name, url, certificate, cost FROM time_stamping_service");
    while (tsa.step())
        state.time_stamping_services.push_back({tsa.text(0), tsa.text(1), tsa.blob(2), optional_text(tsa, 3)});
}

void load_groups(Database& database, const Rows& rows, State& state) {
    auto group = database.prepare("SELECT id, code, description FROM global_group");
    auto member = database.prepare("SELECT member, subsystem FROM group_member WHERE global_group = ?");
    while (group.step()) {
        registry::GlobalGroup read{group.text(1), group.text(2), {}};
        member.bind(1, group.number(0));
        while (member.step()) read.members.push_back(rows.client(member, 0));
        member.reset();
        state.groups.push_back(std::move(read));
    }
    auto management = database.prepare("SELECT url, certificate, member, subsystem FROM management");
    if (!management.step()) return;
    state.management.url = management.text(0);
    state.management.certificate = optional_blob(management, 1);
    if (!management.is_null(2)) state.management.provider = rows.client(management, 2);
}

// --- writing

/// Rows of what was just written, by name.
struct Written {
    std::map<identity::MemberId, std::int64_t> members;
    std::map<identity::ClientId, std::int64_t> subsystems;

    void bind(Statement& statement, int position, const identity::ClientId& client) const {
        statement.bind(position, members.at(client.member()));
        if (client.subsystem)
            statement.bind(position + 1, subsystems.at(client));
        else
            statement.bind_null(position + 1);
    }
};

void write_settings(Database& database, const State& state) {
    auto setting = database.prepare("INSERT INTO setting (name, value) VALUES (?, ?)");
    const std::pair<std::string_view, std::string> all[] = {
        {"instance", state.instance},
        {"address", state.publication.address},
        {"https_address", state.publication.https_address},
        {"every_seconds", std::to_string(state.publication.every.count())},
        {"valid_seconds", std::to_string(state.publication.valid.count())},
        {"ocsp_freshness_seconds", std::to_string(state.ocsp_freshness_seconds)},
        {"time_stamping_interval_seconds", std::to_string(state.time_stamping_interval_seconds)},
    };
    for (const auto& [name, value] : all) {
        setting.bind_text(1, name).bind_text(2, value);
        run(setting);
    }
}

Written write_members(Database& database, const State& state) {
    Written written;
    auto member_class = database.prepare("INSERT INTO member_class (code, description) VALUES (?, ?)");
    for (const auto& [code, description] : state.member_classes) {
        member_class.bind_text(1, code).bind_text(2, description);
        run(member_class);
    }
    auto member = database.prepare("INSERT INTO member (class, code, name) VALUES (?, ?, ?)");
    auto subsystem = database.prepare("INSERT INTO subsystem (member, code, name) VALUES (?, ?, ?)");
    for (const auto& one : state.members) {
        member.bind_text(1, one.id.member_class).bind_text(2, one.id.member_code).bind_text(3, one.name);
        run(member);
        const auto row = written.members[one.id] = database.last_row();
        for (const auto& below : one.subsystems) {
            subsystem.bind(1, row).bind_text(2, below.code);
            bind_optional(subsystem, 3, below.name);
            run(subsystem);
            auto client = identity::ClientId::of(one.id);
            client.subsystem = below.code;
            written.subsystems[client] = database.last_row();
        }
    }
    return written;
}

void write_servers(Database& database, const State& state, const Written& written) {
    auto server = database.prepare("INSERT INTO server (owner, code, address, maintenance) VALUES (?, ?, ?, ?)");
    auto certificate = database.prepare("INSERT INTO server_certificate (server, der) VALUES (?, ?)");
    auto client = database.prepare("INSERT INTO server_client (server, member, subsystem) VALUES (?, ?, ?)");
    for (const auto& one : state.servers) {
        server.bind(1, written.members.at(one.id.owner)).bind_text(2, one.id.code).bind_text(3, one.address);
        bind_optional(server, 4, one.maintenance);
        run(server);
        const auto row = database.last_row();
        for (const auto& der : one.certificates) {
            certificate.bind(1, row).bind_blob(2, der);
            run(certificate);
        }
        for (const auto& id : one.clients) {
            client.bind(1, row);
            written.bind(client, 2, id);
            run(client);
        }
    }
}

void write_ca_certificate(Database& database, std::int64_t service, const registry::CaCertificate& ca) {
    auto certificate = database.prepare("INSERT INTO ca_certificate (service, der) VALUES (?, ?)");
    certificate.bind(1, service).bind_blob(2, ca.certificate);
    run(certificate);
    const auto row = database.last_row();
    auto responder =
        database.prepare("INSERT INTO ocsp_responder (ca_certificate, url, certificate, cost) VALUES (?, ?, ?, ?)");
    for (const auto& one : ca.ocsp) {
        responder.bind(1, row).bind_text(2, one.url);
        bind_optional_blob(responder, 3, one.certificate);
        bind_optional(responder, 4, one.cost_type);
        run(responder);
    }
}

void write_services(Database& database, const State& state) {
    auto service = database.prepare(
        "INSERT INTO certification_service (name, authentication_only, profile, csr_format) VALUES (?, ?, ?, ?)");
    for (const auto& ca : state.certification_services) {
        service.bind_text(1, ca.name).bind(2, ca.authentication_only ? 1 : 0).bind_text(3, ca.profile);
        bind_optional(service, 4, ca.default_csr_format);
        run(service);
        const auto row = database.last_row();
        write_ca_certificate(database, row, ca.top);
        for (const auto& below : ca.intermediates) write_ca_certificate(database, row, below);
    }
    auto tsa = database.prepare("INSERT INTO time_stamping_service (name, url, certificate, cost) VALUES (?, ?, ?, ?)");
    for (const auto& one : state.time_stamping_services) {
        tsa.bind_text(1, one.name).bind_text(2, one.url).bind_blob(3, one.certificate);
        bind_optional(tsa, 4, one.cost_type);
        run(tsa);
    }
}

void write_groups(Database& database, const State& state, const Written& written) {
    auto group = database.prepare("INSERT INTO global_group (code, description) VALUES (?, ?)");
    auto member = database.prepare("INSERT INTO group_member (global_group, member, subsystem) VALUES (?, ?, ?)");
    for (const auto& one : state.groups) {
        group.bind_text(1, one.code).bind_text(2, one.description);
        run(group);
        const auto row = database.last_row();
        for (const auto& id : one.members) {
            member.bind(1, row);
            written.bind(member, 2, id);
            run(member);
        }
    }
    auto management =
        database.prepare("INSERT INTO management (id, url, certificate, member, subsystem) VALUES (1, ?, ?, ?, ?)");
    management.bind_text(1, state.management.url);
    bind_optional_blob(management, 2, state.management.certificate);
    if (state.management.provider)
        written.bind(management, 3, *state.management.provider);
    else
        management.bind_null(3).bind_null(4);
    run(management);
}

}  // namespace

State load_state(Database& database) {
    State state;
    load_settings(database, state);
    const auto rows = load_members(database, state);
    load_servers(database, rows, state);
    load_services(database, state);
    load_groups(database, rows, state);
    put_in_order(state);
    return state;
}

void replace_state(Database& database, const State& state) {
    // What refers goes before what is referred to.
    for (const char* table : {"management", "group_member", "global_group", "time_stamping_service", "ocsp_responder",
                              "ca_certificate", "certification_service", "server_client", "server_certificate",
                              "server", "subsystem", "member", "member_class", "setting"})
        database.execute(std::string("DELETE FROM ") + table);
    write_settings(database, state);
    const auto written = write_members(database, state);
    write_servers(database, state, written);
    write_services(database, state);
    write_groups(database, state, written);
}

}  // namespace onceway::central
