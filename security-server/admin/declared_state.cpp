#include "security-server/admin/declared_state.hpp"

#include "certs/channel/url.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/rest.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/toml.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {
namespace {

using access::ConnectionType, access::ServiceType, access::Subject;

constexpr std::string_view pem_begin = "-----BEGIN";

/// Reads the tables of one file; complaints gather in the tables.
class Reader {
public:
    Reader(std::filesystem::path beside, const identity::ServerId& server)
        : beside_(std::move(beside)), server_(server) {}

    access::State state(TomlTable& top) {
        access::State state;
        for (auto& table : top.tables("client")) {
            auto read = client(table);
            if (state.client(read.id)) table.refuse("id", "is declared twice");
            state.clients.push_back(std::move(read));
        }
        return state;
    }

private:
    access::Client client(TomlTable& table) {
        access::Client client;
        client.id = client_id(table, "id", table.required_text("id"));
        if (client.id.instance != server_.owner.instance && !client.id.instance.empty())
            table.refuse("id", fmt::format("must be of this server's instance, {}", server_.owner.instance));
        client.connection = table.choice("connection", ConnectionType::http,
                                         {{"http", ConnectionType::http},
                                          {"https", ConnectionType::https},
                                          {"https-no-authentication", ConnectionType::https_no_authentication}});
        for (const auto& given : table.texts("certificates")) add_certificate(table, given, client);
        if (client.connection == ConnectionType::https && client.certificates.empty())
            table.refuse("connection",
                         "\"https\" needs the certificates of the information systems: certificates = […]");
        for (auto& group : table.tables("group")) client.groups.push_back(local_group(group, client));
        for (auto& service : table.tables("service")) client.services.push_back(read_service(service, client));
        for (auto& right : table.tables("right")) client.rights.push_back(read_right(right, client));
        return client;
    }

    identity::ClientId client_id(TomlTable& table, std::string_view key, const std::string& text) {
        auto id = identity::ClientId::from_header(text);
        if (id) return *id;
        if (!text.empty()) table.refuse(key, "must be instance/class/member[/subsystem]: " + id.error().detail);
        return {};
    }

    void add_certificate(TomlTable& table, const std::string& given, access::Client& client) {
        Octets octets = given;
        if (!given.starts_with(pem_begin)) {
            auto file = store::read_whole(beside_ / given, limits::certificate_octets * 4);
            if (!file) return table.refuse("certificates", "names a file that cannot be read: " + file.error().detail);
            octets = std::move(*file);
        }
        const auto certificate = x509::Certificate::from_pem_or_der(octets);
        if (!certificate) return table.refuse("certificates", "holds no certificate: " + certificate.error().detail);
        if (std::ranges::count(client.certificates, *certificate) == 0) client.certificates.push_back(*certificate);
    }

    std::string component(TomlTable& table, std::string_view key) {
        auto text = table.required_text(key);
        if (const auto fits = identity::check_component(text); !text.empty() && !fits)
            table.refuse(key, "is no code: " + fits.error().detail);
        return text;
    }

    access::LocalGroup local_group(TomlTable& table, const access::Client& client) {
        access::LocalGroup group{component(table, "code"), table.text("description"), {}};
        if (std::ranges::count(client.groups, group.code, &access::LocalGroup::code) > 0)
            table.refuse("code", "is declared twice");
        for (const auto& member : table.texts("members")) group.members.push_back(client_id(table, "members", member));
        return group;
    }

    access::Service read_service(TomlTable& table, const access::Client& client) {
        access::Service service;
        service.code = component(table, "code");
        if (client.service(service.code)) table.refuse("code", "is declared twice");
        service.type =
            table.choice("type", ServiceType::rest, {{"rest", ServiceType::rest}, {"openapi", ServiceType::openapi}});
        service.url = table.required_text("url");
        if (const auto url = channel::Url::parse(service.url); !service.url.empty() && !url)
            table.refuse("url", "is no address: " + url.error().detail);
        service.timeout =
            std::chrono::seconds(table.number("timeout_s", 60, 1, access::longest_service_timeout.count()));
        service.verify_certificate = table.flag("verify_certificate", true);
        if (table.has("disabled")) service.disabled = table.text("disabled");
        return service;
    }

    Subject subject(TomlTable& table, const access::Client& client) {
        const auto text = table.required_text("to");
        if (text.starts_with("local:")) {
            Subject local{Subject::Kind::local_group, {}, {}, text.substr(6)};
            if (std::ranges::count(client.groups, local.group, &access::LocalGroup::code) == 0)
                table.refuse("to",
                             fmt::format("names the group '{}', which this client does not declare", local.group));
            return local;
        }
        if (text.starts_with("group:")) {
            const auto slash = text.find('/');
            if (slash == std::string::npos || slash == 6 || slash + 1 == text.size())
                table.refuse("to", "must be \"group:instance/code\" for a global group");
            else
                return {Subject::Kind::global_group, {}, text.substr(6, slash - 6), text.substr(slash + 1)};
        }
        return {Subject::Kind::client, client_id(table, "to", text), {}, {}};
    }

    access::Right read_right(TomlTable& table, const access::Client& client) {
        access::Right right;
        right.subject = subject(table, client);
        right.service_code = table.required_text("service");
        if (!client.service(right.service_code))
            table.refuse("service", fmt::format("names '{}', which is no service of this client", right.service_code));
        right.method = table.text("method", "*");
        if (right.method != "*" && !message::is_rest_verb(right.method))
            table.refuse("method",
                         "must be \"*\", or in capitals GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or TRACE");
        right.path = table.text("path", "**");
        if (right.path != "**" && !right.path.starts_with('/'))
            table.refuse("path", "must be \"**\" or begin with '/', for example \"/persons/*\"");
        if (std::ranges::count(client.rights, right) > 0) table.refuse("to", "gives a right that was given before");
        return right;
    }

    std::filesystem::path beside_;
    const identity::ServerId& server_;
};

std::string_view word(ConnectionType type) {
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

std::string_view word(ServiceType type) { return type == ServiceType::openapi ? "openapi" : "rest"; }

std::int64_t whole_seconds(std::chrono::milliseconds time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts) list += (list.empty() ? "" : ", ") + toml_quoted(text);
    return '[' + list + ']';
}

void write_client(const access::Client& client, std::string& out) {
    std::vector<std::string> certificates;
    for (const auto& certificate : client.certificates) certificates.push_back(certificate.pem());
    out += fmt::format("[[client]]\nid = {}\nconnection = \"{}\"\ncertificates = {}\n\n", toml_quoted(client.id.url()),
                       word(client.connection), quoted_list(certificates));
    for (const auto& group : client.groups) {
        std::vector<std::string> members;
        for (const auto& member : group.members) members.push_back(member.url());
        out += fmt::format("[[client.group]]\ncode = {}\ndescription = {}\nmembers = {}\n\n", toml_quoted(group.code),
                           toml_quoted(group.description), quoted_list(members));
    }
    for (const auto& service : client.services) {
        out += fmt::format(
            "[[client.service]]\ncode = {}\ntype = \"{}\"\nurl = {}\ntimeout_s = {}\nverify_certificate = {}\n",
            toml_quoted(service.code), word(service.type), toml_quoted(service.url), whole_seconds(service.timeout),
            service.verify_certificate);
        if (service.disabled) out += fmt::format("disabled = {}\n", toml_quoted(*service.disabled));
        out += '\n';
    }
    for (const auto& right : client.rights)
        out += fmt::format("[[client.right]]\nto = {}\nservice = {}\nmethod = {}\npath = {}\n\n",
                           toml_quoted(subject_text(right.subject)), toml_quoted(right.service_code),
                           toml_quoted(right.method), toml_quoted(right.path));
}

}  // namespace

Result<access::State> read_state(std::string_view text, const std::string& name, const std::filesystem::path& beside,
                                 const identity::ServerId& server) {
    auto top = TomlTable::parse(text, name, FaultCode::malformed_server_conf);
    if (!top) return top.error();
    auto state = Reader(beside, server).state(*top);
    if (auto done = top->finish(); !done) return done.error();
    return state;
}

std::string write_state(const access::State& state) {
    std::string out;
    for (const auto& client : state.clients) write_client(client, out);
    return out;
}

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

}  // namespace onceway::admin
