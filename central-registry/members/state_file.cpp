#include "central-registry/members/state_file.hpp"

#include "central-registry/members/declaration.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

namespace onceway::central {
namespace {

constexpr std::size_t largest_state_file = 64 * 1024 * 1024;
constexpr std::string_view default_profile =
    "ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider";

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        const auto slash = text.find('/');
        parts.emplace_back(text.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        text.remove_prefix(slash + 1);
    }
}

/// "class/code" or "class/code/subsystem" of the own instance.
identity::ClientId client_of(const std::string& text, const std::string& instance, Declaration& where) {
    const auto parts = split(text);
    if (parts.size() < 2 || parts.size() > 3) {
        where.say(fmt::format("'{}' must be class/code or class/code/subsystem", text));
        return {};
    }
    identity::ClientId client{instance, parts[0], parts[1], std::nullopt};
    if (parts.size() == 3) client.subsystem = parts[2];
    return client;
}

identity::MemberId member_of(const std::string& text, const std::string& instance, Declaration& where) {
    const auto client = client_of(text, instance, where);
    if (client.subsystem) where.say(fmt::format("'{}' must be a member: class/code", text));
    return client.member();
}

/// The common name of a certificate, as a name for a service that was given none.
std::string common_name(const Octets& der) {
    const auto certificate = x509::Certificate::from_der(der);
    if (!certificate) return {};
    for (const auto& attribute : certificate->subject_attributes())
        if (attribute.oid == "2.5.4.3") return attribute.value;
    return {};
}

void read_publication(Declaration& root, State& state) {
    auto section = root.table("publication");
    if (!section) return;
    auto& publication = state.publication;
    publication.address = section->optional_text("address").value_or(publication.address);
    publication.https_address = section->optional_text("https_address").value_or(publication.https_address);
    if (const auto seconds = section->number("every_seconds")) publication.every = std::chrono::seconds(*seconds);
    if (const auto seconds = section->number("valid_seconds")) publication.valid = std::chrono::seconds(*seconds);
    section->end();
}

void read_management(Declaration& root, State& state) {
    auto section = root.table("management");
    if (!section) return;
    if (const auto provider = section->optional_text("provider"))
        state.management.provider = client_of(*provider, state.instance, *section);
    state.management.url = section->optional_text("url").value_or("");
    state.management.certificate = section->optional_certificate("certificate");
    section->end();
}

void read_members(Declaration& root, State& state) {
    if (auto classes = root.table("classes"))
        for (auto& [code, description] : classes->entries()) state.member_classes.emplace(code, description);
    for (auto& section : root.tables("members")) {
        registry::Member member;
        member.id = {state.instance, section.text("class"), section.text("code")};
        member.name = section.text("name");
        for (auto& item : section.texts_or_tables("subsystems")) {
            if (item.text) member.subsystems.push_back({*item.text, std::nullopt});
            if (!item.table) continue;
            member.subsystems.push_back({item.table->text("code"), item.table->optional_text("name")});
            item.table->end();
        }
        section.end();
        state.members.push_back(std::move(member));
    }
}

void read_servers(Declaration& root, State& state) {
    for (auto& section : root.tables("servers")) {
        Server server;
        server.id.owner = member_of(section.text("owner"), state.instance, section);
        server.id.code = section.text("code");
        server.address = section.optional_text("address").value_or("");
        server.certificates = section.certificates("certificates");
        for (const auto& client : section.texts("clients"))
            server.clients.push_back(client_of(client, state.instance, section));
        server.maintenance = section.optional_text("maintenance");
        section.end();
        state.servers.push_back(std::move(server));
    }
}

std::optional<std::string> read_choice(Declaration& section, std::string_view key,
                                       std::initializer_list<std::string_view> allowed) {
    auto text = section.optional_text(key);
    if (text && std::find(allowed.begin(), allowed.end(), *text) == allowed.end())
        section.say(fmt::format("'{}' cannot be '{}'", key, *text));
    return text;
}

registry::CaCertificate read_ca_certificate(Declaration& section) {
    registry::CaCertificate ca{section.certificate("certificate"), {}};
    for (auto& responder : section.tables("ocsp")) {
        ca.ocsp.push_back({responder.text("url"), responder.optional_certificate("certificate"),
                           read_choice(responder, "cost", {"FREE", "PAID", "UNDEFINED"})});
        responder.end();
    }
    return ca;
}

void read_services(Declaration& root, State& state) {
    for (auto& section : root.tables("certification_services")) {
        registry::ApprovedCa ca;
        ca.top = read_ca_certificate(section);
        ca.name = section.optional_text("name").value_or(common_name(ca.top.certificate));
        ca.authentication_only = section.flag("authentication_only");
        ca.profile = section.optional_text("profile").value_or(std::string(default_profile));
        ca.default_csr_format = read_choice(section, "csr_format", {"PEM", "DER"});
        for (auto& below : section.tables("intermediates")) {
            ca.intermediates.push_back(read_ca_certificate(below));
            below.end();
        }
        section.end();
        state.certification_services.push_back(std::move(ca));
    }
    for (auto& section : root.tables("time_stamping_services")) {
        registry::ApprovedTsa tsa;
        tsa.certificate = section.certificate("certificate");
        tsa.name = section.optional_text("name").value_or(common_name(tsa.certificate));
        tsa.url = section.text("url");
        tsa.cost_type = read_choice(section, "cost", {"FREE", "PAID", "UNDEFINED"});
        section.end();
        state.time_stamping_services.push_back(std::move(tsa));
    }
}

void read_groups(Declaration& root, State& state) {
    for (auto& section : root.tables("groups")) {
        registry::GlobalGroup group{section.text("code"), section.optional_text("description").value_or(""), {}};
        for (const auto& member : section.texts("members"))
            group.members.push_back(client_of(member, state.instance, section));
        section.end();
        state.groups.push_back(std::move(group));
    }
}

}  // namespace

Result<State> read_state_file(const std::filesystem::path& file, const State& held) {
    auto text = store::read_whole(file, largest_state_file);
    if (!text) return std::move(text).error();
    toml::table parsed;
    try {
        parsed = toml::parse(*text);
    } catch (const toml::parse_error& error) {
        return fault(FaultCode::invalid_argument, fmt::format("Reading {}, line {}: {}", file.string(),
                                                              error.source().begin.line, error.description()));
    }
    Reading reading{file, {}};
    Declaration root(parsed, "the state", reading);
    State state;
    state.instance = root.text("instance");
    state.publication = held.publication;
    state.ocsp_freshness_seconds = root.number("ocsp_freshness_seconds").value_or(state.ocsp_freshness_seconds);
    state.time_stamping_interval_seconds =
        root.number("time_stamping_interval_seconds").value_or(state.time_stamping_interval_seconds);
    read_publication(root, state);
    read_members(root, state);
    read_management(root, state);
    read_servers(root, state);
    read_services(root, state);
    read_groups(root, state);
    root.end();
    if (reading.first) return *reading.first;
    put_in_order(state);
    return state;
}

}  // namespace onceway::central
