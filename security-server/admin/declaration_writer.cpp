// Writes a state file in its fixed order.
#include "security-server/admin/declaration.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/admin/toml.hpp"

#include <fmt/format.h>

namespace onceway::admin {
namespace {

using access::ConnectionType, access::ServiceType;

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts) list += (list.empty() ? "" : ", ") + toml_quoted(text);
    return '[' + list + ']';
}

void write_text(std::string& out, std::string_view key, const std::string& text) {
    if (!text.empty()) out += fmt::format("{} = {}\n", key, toml_quoted(text));
}

void write_endpoints(std::string& out, std::string_view key,
                     const std::optional<std::vector<access::Endpoint>>& endpoints) {
    if (!endpoints) return;
    std::vector<std::string> texts;
    for (const auto& endpoint : *endpoints) texts.push_back(endpoint.method + ' ' + endpoint.path);
    out += fmt::format("{} = {}\n", key, quoted_list(texts));
}

void write_group(std::string& out, const access::LocalGroup& group) {
    std::vector<std::string> members;
    for (const auto& member : group.members) members.push_back(member.url());
    out += fmt::format("[[client.group]]\ncode = {}\ndescription = {}\nmembers = {}\n\n", toml_quoted(group.code),
                       toml_quoted(group.description), quoted_list(members));
}

void write_description(std::string& out, const DeclaredDescription& description) {
    out += fmt::format("[[client.description]]\ntype = \"{}\"\nurl = {}\n", type_word(description.type),
                       toml_quoted(description.url));
    write_text(out, "code", description.code);
    if (description.enabled)
        out += fmt::format("disabled = {}\n", *description.enabled ? "false" : toml_quoted(description.notice));
    write_text(out, "sha256", description.sha256);
    write_text(out, "read_at", description.read_at);
    out += '\n';
}

void write_service(std::string& out, const DeclaredService& service) {
    out += fmt::format("[[client.service]]\ncode = {}\n", toml_quoted(service.code));
    if (service.version) out += fmt::format("version = {}\n", toml_quoted(*service.version));
    out += fmt::format("type = \"{}\"\n", type_word(service.type));
    write_text(out, "description", service.description);
    write_text(out, "title", service.title);
    if (service.url) out += fmt::format("url = {}\n", toml_quoted(*service.url));
    if (service.timeout)
        out +=
            fmt::format("timeout_s = {}\n", std::chrono::duration_cast<std::chrono::seconds>(*service.timeout).count());
    if (service.verify_certificate) out += fmt::format("verify_certificate = {}\n", *service.verify_certificate);
    if (service.disabled) out += fmt::format("disabled = {}\n", toml_quoted(*service.disabled));
    write_endpoints(out, "endpoints", service.by_hand);
    write_endpoints(out, "generated_endpoints", service.generated);
    out += '\n';
}

void write_client(std::string& out, const DeclaredClient& client) {
    std::vector<std::string> certificates;
    for (const auto& certificate : client.base.certificates) certificates.push_back(certificate.pem());
    out += fmt::format("[[client]]\nid = {}\nconnection = \"{}\"\ncertificates = {}\n\n",
                       toml_quoted(client.base.id.url()), connection_word(client.base.connection),
                       quoted_list(certificates));
    for (const auto& group : client.base.groups) write_group(out, group);
    for (const auto& description : client.descriptions) write_description(out, description);
    for (const auto& service : client.services) write_service(out, service);
    for (const auto& right : client.base.rights)
        out += fmt::format("[[client.right]]\nto = {}\nservice = {}\nmethod = {}\npath = {}\n\n",
                           toml_quoted(subject_text(right.subject)), toml_quoted(right.service_code),
                           toml_quoted(right.method), toml_quoted(right.path));
}

}  // namespace

std::string write_declaration(const Declaration& declaration) {
    std::string out;
    for (const auto& client : declaration.clients) write_client(out, client);
    return out;
}

std::string_view connection_word(ConnectionType type) {
    switch (type) {
        case ConnectionType::http:
            return "http";
        case ConnectionType::https:
            return "https";
        case ConnectionType::https_no_authentication:
            return "https-no-authentication";
    }
    return "http";
}

std::string_view type_word(ServiceType type) {
    switch (type) {
        case ServiceType::rest:
            return "rest";
        case ServiceType::openapi:
            return "openapi";
        case ServiceType::wsdl:
            return "wsdl";
    }
    return "rest";
}

}  // namespace onceway::admin
