#include "security-server/admin/declared_state.hpp"

#include "security-server/admin/declaration.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {

using access::ServiceType, access::Subject;

// --- from what was said to what is ---------------------------------------------------------------------------------

const DeclaredDescription* DeclaredClient::description(std::string_view url) const {
    const auto found = std::ranges::find(descriptions, url, &DeclaredDescription::url);
    return found == descriptions.end() ? nullptr : &*found;
}

access::Service service_of(const DeclaredService& declared) {
    access::Service service;
    service.code = declared.code;
    service.version = declared.version;
    service.type = declared.type;
    service.description = declared.description;
    service.title = declared.title;
    service.url = declared.url.value_or("");
    service.timeout = declared.timeout.value_or(service.timeout);
    service.verify_certificate = declared.verify_certificate.value_or(true);
    service.disabled = declared.disabled;
    for (const auto* endpoints : {&declared.generated, &declared.by_hand})
        if (*endpoints) service.endpoints.insert(service.endpoints.end(), (*endpoints)->begin(), (*endpoints)->end());
    return service;
}

namespace {

void give_endpoint(access::Service& service, const access::Right& right) {
    const auto same = [&](const access::Endpoint& one) { return one.method == right.method && one.path == right.path; };
    if (std::ranges::none_of(service.endpoints, same)) service.endpoints.push_back({right.method, right.path, false});
}

}  // namespace

void settle(access::Client& client) {
    for (auto& service : client.services) {
        if (const auto* description = client.description(service.description)) service.disabled = description->disabled;
        if (!service.url.starts_with("https:")) service.verify_certificate = true;  // not set, which is: on
        if (service.type == ServiceType::wsdl) continue;
        for (const auto& right : client.rights)
            if (right.service_code == service.code && (right.method != "*" || right.path != "**"))
                give_endpoint(service, right);
    }
}

/// An OpenAPI document is one service, of the code that the description says.
static Result<void> check_service_of(const DeclaredDescription& said, const DeclaredClient& client) {
    if (said.type != ServiceType::openapi) return {};
    std::size_t its = 0, others = 0;
    for (const auto& service : client.services)
        if (service.description == said.url) ++(service.code == said.code ? its : others);
    if (its == 1 && others == 0) return {};
    return fault(FaultCode::malformed_server_conf,
                 fmt::format("The document {} of {} must have exactly one service, '{}'. `onceway-server apply` reads "
                             "it.",
                             said.url, client.base.id.url(), said.code));
}

Result<access::State> state_of(const Declaration& declaration) {
    access::State state;
    for (const auto& declared : declaration.clients) {
        auto client = declared.base;
        for (const auto& said : declared.descriptions) {
            if (said.sha256.empty())
                return fault(FaultCode::malformed_server_conf,
                             fmt::format("The document {} of {} has not been read. `onceway-server apply` reads it.",
                                         said.url, client.id.url()));
            if (auto whole = check_service_of(said, declared); !whole) return whole.error();
            access::Description description{said.type, said.url, std::string(new_notice), said.sha256, said.read_at};
            if (said.enabled) description.disabled = *said.enabled ? std::nullopt : std::optional(said.notice);
            client.descriptions.push_back(std::move(description));
        }
        for (const auto& service : declared.services) client.services.push_back(service_of(service));
        settle(client);
        state.clients.push_back(std::move(client));
    }
    return state;
}

// --- and back ------------------------------------------------------------------------------------------------------

namespace {

DeclaredService declared_of(const access::Service& service, const access::Client& client) {
    DeclaredService said;
    said.code = service.code;
    said.version = service.version;
    said.type = service.type;
    said.description = service.description;
    said.title = service.title;
    said.url = service.url;
    said.timeout = service.timeout;
    if (service.url.starts_with("https:")) said.verify_certificate = service.verify_certificate;
    const bool described = client.description(service.description) != nullptr;
    if (!described) said.disabled = service.disabled;
    std::vector<access::Endpoint> by_hand, generated;
    for (const auto& endpoint : service.endpoints) (endpoint.generated ? generated : by_hand).push_back(endpoint);
    if (!by_hand.empty()) said.by_hand = std::move(by_hand);
    if (described && service.type == ServiceType::openapi) said.generated = std::move(generated);
    return said;
}

DeclaredDescription declared_of(const access::Description& description, const access::Client& client) {
    DeclaredDescription said;
    said.type = description.type;
    said.url = description.url;
    said.enabled = !description.disabled;
    said.notice = description.disabled.value_or("");
    said.sha256 = description.sha256;
    said.read_at = description.read_at;
    const auto its = std::ranges::find(client.services, description.url, &access::Service::description);
    if (description.type == ServiceType::openapi && its != client.services.end()) said.code = its->code;
    return said;
}

}  // namespace

Declaration declaration_of(const access::State& state) {
    Declaration declaration;
    for (const auto& client : state.clients) {
        DeclaredClient declared{client, {}, {}};
        declared.base.services.clear();
        declared.base.descriptions.clear();
        for (const auto& description : client.descriptions)
            declared.descriptions.push_back(declared_of(description, client));
        for (const auto& service : client.services) declared.services.push_back(declared_of(service, client));
        declaration.clients.push_back(std::move(declared));
    }
    return declaration;
}

// --- as text -------------------------------------------------------------------------------------------------------

Result<access::State> read_state(std::string_view text, const std::string& name, const std::filesystem::path& beside,
                                 const identity::ServerId& server) {
    const auto declaration = read_declaration(text, name, beside, server);
    if (!declaration) return declaration.error();
    return state_of(*declaration);
}

std::string write_state(const access::State& state) { return write_declaration(declaration_of(state)); }

std::string subject_text(const Subject& subject) {
    switch (subject.kind) {
        case Subject::Kind::client:
            return subject.client.url();
        case Subject::Kind::global_group:
            return fmt::format("group:{}/{}", subject.instance, subject.group);
        case Subject::Kind::local_group:
            return "local:" + subject.group;
    }
    return {};
}

Result<Subject> read_subject(std::string_view text) {
    if (text.starts_with("local:")) return Subject{Subject::Kind::local_group, {}, {}, std::string(text.substr(6))};
    if (text.starts_with("group:")) {
        const auto slash = text.find('/');
        if (slash == std::string_view::npos || slash == 6 || slash + 1 == text.size())
            return fault(FaultCode::invalid_argument, "must be \"group:instance/code\" for a global group");
        return Subject{Subject::Kind::global_group,
                       {},
                       std::string(text.substr(6, slash - 6)),
                       std::string(text.substr(slash + 1))};
    }
    auto client = identity::ClientId::from_header(text);
    if (!client)
        return fault(FaultCode::invalid_argument,
                     "must be instance/class/member[/subsystem]: " + client.error().detail);
    return Subject{Subject::Kind::client, *client, {}, {}};
}

std::string full_code(std::string_view code, const std::optional<std::string>& version) {
    return version ? fmt::format("{}.{}", code, *version) : std::string(code);
}

}  // namespace onceway::admin
