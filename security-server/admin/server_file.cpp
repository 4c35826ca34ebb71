#include "security-server/admin/server_file.hpp"

#include "certs/channel/url.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/toml.hpp"
#include "security-server/provider/client_version.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

namespace onceway::admin {
namespace {

constexpr std::size_t file_octets = 256 * 1024;
constexpr std::int64_t day_s = 86'400;

std::uint16_t port(TomlTable& table, std::string_view key, std::uint16_t otherwise) {
    return static_cast<std::uint16_t>(table.number(key, otherwise, 0, 65'535));
}

std::string address(TomlTable& table, std::string_view key) {
    auto given = table.required_text(key);
    boost::system::error_code error;
    boost::asio::ip::make_address(given, error);
    if (!given.empty() && error) table.refuse(key, "must be a numeric address of this machine, for example 10.1.2.3");
    return given;
}

std::filesystem::path path(TomlTable& table, std::string_view key, const char* otherwise,
                           const std::filesystem::path& base) {
    const auto given = table.text(key, otherwise);
    return given.empty() ? std::filesystem::path{} : (base / given).lexically_normal();
}

void read_server(TomlTable table, const std::filesystem::path& beside, ServerFile& file) {
    const auto id = identity::ServerId::from_header(table.required_text("id"));
    if (id)
        file.id = *id;
    else
        table.refuse("id", "must be instance/class/member/code: " + id.error().detail);
    file.folder = path(table, "data", ".", beside);
    file.threads = static_cast<unsigned>(table.number("threads", 0, 0, 256));
    file.pooled_connections = table.flag("pooled_connections", true);
    file.limits.exchanges = static_cast<std::size_t>(table.number("exchanges", 640, 1, 100'000));
    file.limits.body_octets = static_cast<std::uint64_t>(table.number("body_memory_mib", 64, 1, 1'000'000)) << 20;
    file.refuse_repetitions = table.flag("refuse_repetitions", false);
    file.allow_outdated_openssl = table.flag("allow_outdated_openssl", false);
    const auto version = table.text("min_client_version");
    if (!version.empty() && !provider::is_semantic_version(version))
        table.refuse("min_client_version", "must be three numbers with dots between them, for example \"7.3.0\"");
    if (!version.empty()) file.min_client_version = version;
}

void read_services(TomlTable table, ServerFile& file) {
    const auto allow = table.texts("allow"), deny = table.texts("deny");
    for (const auto& [key, networks] : {std::pair("allow", &allow), std::pair("deny", &deny)})
        if (const auto read = channel::AddressPolicy::of(*networks, {}); !read) table.refuse(key, read.error().detail);
    if (auto policy = channel::AddressPolicy::of(allow, deny)) file.service_addresses = std::move(*policy);
    file.wsdl_validator = table.texts("wsdl_validator");
    if (table.has("wsdl_validator") && (file.wsdl_validator.empty() || file.wsdl_validator.front().empty()))
        table.refuse("wsdl_validator", "must name a program: [\"/usr/bin/check-wsdl\", \"--strict\"]");
}

void read_listen(TomlTable table, ServerFile& file) {
    file.inside = address(table, "inside");
    file.outside = address(table, "outside");
    file.ports = {port(table, "http", 8080), port(table, "https", 8443), port(table, "messages", 5500),
                  port(table, "ocsp", 5577)};
}

void read_health(TomlTable table, ServerFile& file) {
    if (!table.has("address") && !table.has("port")) return;
    file.health_address = address(table, "address");
    file.health_port = port(table, "port", 5588);
}

void read_registry(TomlTable table, ServerFile& file) {
    file.anchor = path(table, "anchor", "anchor.xml", file.folder);
    file.refresh = std::chrono::seconds(table.number("refresh_s", 60, 1, day_s));
    file.tls_roots = path(table, "tls_roots", "/etc/ssl/certs/ca-certificates.crt", file.folder);
}

void read_time_stamping(TomlTable table, ServerFile& file) {
    using records::Preference;
    auto& stamping = file.stamping;
    stamping.interval = std::chrono::seconds(table.number("interval_s", 0, 0, day_s));
    stamping.retry_delay = std::chrono::seconds(table.number("retry_s", 60, 0, day_s));
    stamping.acceptable_failure = std::chrono::seconds(table.number("acceptable_failure_s", 14'400, 0, 365 * day_s));
    stamping.batch = static_cast<std::size_t>(table.number("batch_records", 10'000, 1, 100'000));
    stamping.immediately = table.flag("immediately", false);
    stamping.authorities = table.texts("authorities");
    for (const auto& url : stamping.authorities)
        if (const auto read = channel::Url::parse(url); !read)
            table.refuse("authorities", fmt::format("holds '{}': {}", url, read.error().detail));
    stamping.preference = table.choice("prefer", Preference::none,
                                       {{"none", Preference::none},
                                        {"free-first", Preference::free_first},
                                        {"paid-first", Preference::paid_first},
                                        {"only-free", Preference::only_free},
                                        {"only-paid", Preference::only_paid}});
    stamping.memory = file.stamp_memory();
    file.stamp_patience.connect = std::chrono::seconds(table.number("connect_timeout_s", 5, 1, 60));
    file.stamp_patience.total = std::chrono::seconds(table.number("timeout_s", 30, 1, 600));
}

void read_message_log(TomlTable table, ServerFile& file) {
    file.log_folder = path(table, "folder", "messages", file.folder);
    file.body_limit = static_cast<std::uint64_t>(table.number("body_limit_octets", 0, 0, INT64_MAX));
    file.soap_attachments =
        table.choice("soap_attachments", records::SoapAttachments::kept,
                     {{"kept", records::SoapAttachments::kept}, {"digests", records::SoapAttachments::digests}});
    file.spool = path(table, "spool", "spool", file.folder);
}

void read_log(TomlTable table, ServerFile& file) {
    using log::Level, log::Format;
    file.log_level = table.choice(
        "level", Level::info,
        {{"debug", Level::debug}, {"info", Level::info}, {"warning", Level::warning}, {"error", Level::error}});
    file.log_format = table.choice("format", Format::text, {{"text", Format::text}, {"json", Format::json}});
}

}  // namespace

Result<ServerFile> read_server_file(std::string_view text, const std::filesystem::path& folder) {
    auto top = TomlTable::parse(text, (folder / "server.toml").string(), FaultCode::invalid_argument);
    if (!top) return top.error();
    ServerFile file;
    read_server(top->table("server"), std::filesystem::absolute(folder), file);
    read_listen(top->table("listen"), file);
    read_health(top->table("health"), file);
    read_registry(top->table("registry"), file);
    auto keys = top->table("keys");
    file.pin_file = path(keys, "pin_file", "", file.folder);
    auto systems = top->table("information_systems");
    file.enforce_certificate_dates = systems.flag("refuse_outdated_certificates", false);
    auto ocsp = top->table("ocsp");
    file.ocsp_interval = std::chrono::seconds(ocsp.number("fetch_interval_s", 0, 0, day_s));
    read_time_stamping(top->table("time_stamping"), file);
    read_services(top->table("services"), file);
    read_message_log(top->table("message_log"), file);
    read_log(top->table("log"), file);
    if (auto done = top->finish(); !done) return done.error();
    return file;
}

Result<ServerFile> load_server_file(const std::filesystem::path& folder) {
    const auto text = store::read_whole(folder / "server.toml", file_octets);
    if (!text)
        return fault(
            FaultCode::io_error,
            text.error().detail + ". Make a server with `onceway-server init`, or name its folder with --dir.");
    return read_server_file(*text, folder);
}

std::string write_server_file(const NewServerFile& wanted) {
    std::string text = fmt::format(
        "# A security server. Every key and its default: docs/operators/security-server.md.\n"
        "# Paths are relative to the data folder. Clients, services and rights are not here: `onceway-server "
        "apply`.\n\n"
        "[server]\nid = {}\ndata = \".\"\n\n"
        "[listen]\ninside = {}   # information systems: http, https\noutside = {}  # other security servers: messages, "
        "ocsp\n"
        "http = {}\nhttps = {}\nmessages = {}\nocsp = {}\n\n",
        toml_quoted(wanted.id.url()), toml_quoted(wanted.inside), toml_quoted(wanted.outside), wanted.ports.http,
        wanted.ports.https, wanted.ports.messages, wanted.ports.ocsp);
    text += fmt::format("[registry]\nanchor = \"anchor.xml\"\nrefresh_s = {}\n\n", wanted.refresh_s);
    if (wanted.pin_file.empty())
        text +=
            "[keys]\n# pin_file = \"pin\"  # owner only (0600); without it: `onceway-server key unlock` after each "
            "start\n\n";
    else
        text += fmt::format("[keys]\npin_file = {}\n\n", toml_quoted(wanted.pin_file));
    text += fmt::format("[time_stamping]\ninterval_s = {}  # 0: as the registry says\n\n", wanted.stamp_interval_s);
    text += "[message_log]\nfolder = \"messages\"\n\n[log]\nlevel = \"info\"\nformat = \"text\"  # or \"json\"\n";
    if (const auto colon = wanted.health.rfind(':'); colon != std::string::npos)
        text += fmt::format("\n[health]\naddress = {}\nport = {}\n", toml_quoted(wanted.health.substr(0, colon)),
                            wanted.health.substr(colon + 1));
    return text;
}

}  // namespace onceway::admin
