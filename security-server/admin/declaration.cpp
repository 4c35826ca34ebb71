#include "security-server/admin/declaration.hpp"

#include "certs/channel/url.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/rest.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/admin/toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace onceway::admin {
namespace {

using access::ConnectionType, access::ServiceType, access::Subject;

constexpr std::string_view pem_begin = "-----BEGIN";
constexpr std::size_t notice_characters = 255;

bool is_verb(std::string_view method) { return method == "*" || message::is_rest_verb(method); }

/// Reads the tables of one file; complaints gather in the tables.
class Reader {
public:
    Reader(std::filesystem::path beside, const identity::ServerId& server)
        : beside_(std::move(beside)), server_(server) {}

    Declaration declaration(TomlTable& top) {
        Declaration declaration;
        for (auto& table : top.tables("client")) {
            auto read = client(table);
            const auto same = [&](const DeclaredClient& other) { return other.base.id == read.base.id; };
            if (std::ranges::any_of(declaration.clients, same)) table.refuse("id", "is declared twice");
            declaration.clients.push_back(std::move(read));
        }
        return declaration;
    }

private:
    DeclaredClient client(TomlTable& table) {
        DeclaredClient declared;
        auto& base = declared.base;
        names_.clear();
        base.id = client_id(table, "id", table.required_text("id"));
        if (base.id.instance != server_.owner.instance && !base.id.instance.empty())
            table.refuse("id", fmt::format("must be of this server's instance, {}", server_.owner.instance));
        base.connection = table.choice("connection", ConnectionType::http,
                                       {{"http", ConnectionType::http},
                                        {"https", ConnectionType::https},
                                        {"https-no-authentication", ConnectionType::https_no_authentication}});
        for (const auto& given : table.texts("certificates")) add_certificate(table, given, base);
        if (base.connection == ConnectionType::https && base.certificates.empty())
            table.refuse("connection",
                         "\"https\" needs the certificates of the information systems: certificates = […]");
        for (auto& group : table.tables("group")) base.groups.push_back(local_group(group, base));
        for (auto& described : table.tables("description"))
            declared.descriptions.push_back(description(described, declared));
        for (auto& service : table.tables("service")) declared.services.push_back(read_service(service, declared));
        for (auto& right : table.tables("right")) base.rights.push_back(read_right(right, declared));
        return declared;
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

    void check_code(TomlTable& table, std::string_view key, const std::string& text) {
        if (const auto fits = identity::check_component(text); !text.empty() && !fits)
            table.refuse(key, "is no code: " + fits.error().detail);
    }

    std::string component(TomlTable& table, std::string_view key) {
        auto text = table.required_text(key);
        check_code(table, key, text);
        return text;
    }

    access::LocalGroup local_group(TomlTable& table, const access::Client& client) {
        access::LocalGroup group{component(table, "code"), table.text("description"), {}};
        if (std::ranges::count(client.groups, group.code, &access::LocalGroup::code) > 0)
            table.refuse("code", "is declared twice");
        for (const auto& member : table.texts("members")) {
            auto id = client_id(table, "members", member);
            if (std::ranges::count(group.members, id) > 0)
                table.refuse("members", fmt::format("names {} twice", member));
            group.members.push_back(std::move(id));
        }
        return group;
    }

    std::string notice(TomlTable& table) {
        auto text = table.text("disabled");
        if (text.size() > notice_characters)
            table.refuse("disabled", fmt::format("may have {} octets", notice_characters));
        return text;
    }

    std::string address(TomlTable& table, std::string_view key, std::string text) {
        if (const auto url = channel::Url::parse(text); !text.empty() && !url)
            table.refuse(key, "is no address: " + url.error().detail);
        return text;
    }

    DeclaredDescription description(TomlTable& table, const DeclaredClient& client) {
        DeclaredDescription read;
        read.type =
            table.choice("type", ServiceType::wsdl, {{"wsdl", ServiceType::wsdl}, {"openapi", ServiceType::openapi}});
        read.url = address(table, "url", table.required_text("url"));
        const auto same = [&](const DeclaredDescription& other) { return same_ignoring_case(other.url, read.url); };
        if (std::ranges::any_of(client.descriptions, same)) table.refuse("url", "is declared twice");
        read.code = table.text("code");
        check_code(table, "code", read.code);
        if (read.type == ServiceType::openapi && read.code.empty())
            table.refuse("code", "is needed: an OpenAPI document does not say what its service is called");
        if (read.type == ServiceType::wsdl && !read.code.empty())
            table.refuse("code", "is for OpenAPI: a WSDL names its services itself");
        if (table.holds_false("disabled"))
            read.enabled = table.flag("disabled", true) == false;
        else if (table.has("disabled")) {
            read.enabled = false;
            read.notice = notice(table);
        }
        read.sha256 = table.text("sha256");
        const bool hex = read.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (!read.sha256.empty() && (read.sha256.size() != 64 || !hex))
            table.refuse("sha256", "must be 64 hexadecimal digits in small letters");
        read.read_at = table.text("read_at");
        return read;
    }

    std::optional<std::vector<access::Endpoint>> endpoints(TomlTable& table, std::string_view key, bool generated) {
        if (!table.has(key)) return {};
        std::vector<access::Endpoint> all;
        std::set<std::string> seen;
        for (const auto& text : table.texts(key)) {
            const auto blank = text.find(' ');
            const bool two = blank != std::string::npos && blank + 1 < text.size() && text[blank + 1] == '/';
            if (!two || !is_verb(std::string_view(text).substr(0, blank))) {
                table.refuse(key, fmt::format("holds '{}', which is no method and path: \"GET /persons/*\"", text));
                continue;
            }
            if (seen.insert(text).second) all.push_back({text.substr(0, blank), text.substr(blank + 1), generated});
        }
        return all;
    }

    DeclaredService read_service(TomlTable& table, const DeclaredClient& client) {
        DeclaredService read;
        read.code = component(table, "code");
        read.type =
            table.choice("type", ServiceType::rest,
                         {{"rest", ServiceType::rest}, {"openapi", ServiceType::openapi}, {"wsdl", ServiceType::wsdl}});
        read.description = address(table, "description", table.text("description"));
        const auto* from = client.description(read.description);
        if (from) read.type = from->type;
        if (table.has("version")) read.version = table.text("version");
        if (read.version && read.type != ServiceType::wsdl) table.refuse("version", "is for services of type \"wsdl\"");
        if (read.version) check_code(table, "version", *read.version);
        read.title = table.text("title");
        if (from || table.has("url")) {
            if (table.has("url")) read.url = address(table, "url", table.text("url"));
        } else {
            read.url = address(table, "url", table.required_text("url"));
        }
        if (from && from->type == ServiceType::rest) table.refuse("description", "is no document");
        const auto longest = access::longest_service_timeout.count();
        const auto seconds = std::chrono::seconds(table.number("timeout_s", 60, 1, longest));
        if (table.has("timeout_s")) read.timeout = seconds;
        const bool verify = table.flag("verify_certificate", true);
        if (table.has("verify_certificate")) read.verify_certificate = verify;
        if (table.has("disabled")) read.disabled = notice(table);
        if (from && read.disabled)
            table.refuse("disabled", "belongs to the description: its services are disabled together");
        read.by_hand = endpoints(table, "endpoints", false);
        read.generated = endpoints(table, "generated_endpoints", true);
        if (read.type == ServiceType::wsdl && (read.by_hand || read.generated))
            table.refuse(read.by_hand ? "endpoints" : "generated_endpoints", "are for REST services");
        if (!from && read.generated)
            table.refuse("generated_endpoints", "are read from a [[client.description]]; write endpoints = […]");
        if (!names_.emplace(read.code, read.version).second) table.refuse("code", "is declared twice");
        return read;
    }

    Subject subject(TomlTable& table, const access::Client& client) {
        const auto text = table.required_text("to");
        auto read = read_subject(text);
        if (!read) {
            if (!text.empty()) table.refuse("to", read.error().detail);
            return {};
        }
        if (read->kind == Subject::Kind::local_group &&
            std::ranges::count(client.groups, read->group, &access::LocalGroup::code) == 0)
            table.refuse("to", fmt::format("names the group '{}', which this client does not declare", read->group));
        return *read;
    }

    access::Right read_right(TomlTable& table, const DeclaredClient& client) {
        access::Right right;
        right.subject = subject(table, client.base);
        right.service_code = table.required_text("service");
        // What a document brings is known only when it was read.
        if (client.descriptions.empty() &&
            std::ranges::count(client.services, right.service_code, &DeclaredService::code) == 0)
            table.refuse("service", fmt::format("names '{}', which is no service of this client", right.service_code));
        right.method = table.text("method", "*");
        if (!is_verb(right.method))
            table.refuse("method",
                         "must be \"*\", or in capitals GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or TRACE");
        right.path = table.text("path", "**");
        if (right.path != "**" && !right.path.starts_with('/'))
            table.refuse("path", "must be \"**\" or begin with '/', for example \"/persons/*\"");
        if (std::ranges::count(client.base.rights, right) > 0)
            table.refuse("to", "gives a right that was given before");
        return right;
    }

    std::filesystem::path beside_;
    const identity::ServerId& server_;
    std::set<std::pair<std::string, std::optional<std::string>>> names_;  // of the services of the client being read
};

}  // namespace

Result<Declaration> read_declaration(std::string_view text, const std::string& name,
                                     const std::filesystem::path& beside, const identity::ServerId& server) {
    auto top = TomlTable::parse(text, name, FaultCode::malformed_server_conf);
    if (!top) return top.error();
    auto declaration = Reader(beside, server).declaration(*top);
    if (auto done = top->finish(); !done) return done.error();
    return declaration;
}

}  // namespace onceway::admin
