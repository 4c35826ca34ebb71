// `onceway-server status`: how the server stands, for people and for programs.
#include "security-server/admin/asking.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstdio>

namespace onceway::admin {
namespace {

namespace json = boost::json;

/// The value under `key` as people read it; a dash when there is none.
std::string shown(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (!value || value->is_null()) return "–";
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

const json::object& section(const json::object& status, std::string_view name) {
    static const json::object none;
    const auto* found = status.if_contains(name);
    return found && found->is_object() ? found->as_object() : none;
}

void print_certificate(const json::object& certificate) {
    fmt::print("  {:<14}  {}\n", shown(certificate, "usage"), shown(certificate, "subject"));
    fmt::print("    key {}, ends {} ({} days left){}{}\n", shown(certificate, "key"), shown(certificate, "not_after"),
               shown(certificate, "days_left"),
               certificate.contains("member") ? ", signs for " + shown(certificate, "member") : "",
               certificate.contains("registered")
                   ? (certificate.at("registered").as_bool() ? ", registered" : ", NOT registered")
                   : "");
    if (const auto& ocsp = section(certificate, "ocsp"); !ocsp.empty())
        fmt::print("    OCSP: {}, {} s old, {} s left\n", shown(ocsp, "status"), shown(ocsp, "age_s"),
                   shown(ocsp, "seconds_left"));
    if (certificate.contains("trouble")) fmt::print("    {}\n", shown(certificate, "trouble"));
}

void print_list(const json::object& status, std::string_view key, std::string_view title) {
    const auto* list = status.if_contains(key);
    if (!list || !list->is_array() || list->as_array().empty()) return;
    fmt::print("{}:\n", title);
    for (const auto& line : list->as_array()) fmt::print("  {}\n", std::string(line.as_string()));
}

void print_status(const json::object& status) {
    const bool running = status.at("running").as_bool();
    fmt::print("{}  {}  {}\n", shown(status, "server"), running ? "running" : "stopped",
               status.at("ok").as_bool() ? "ok" : "NOT OK");
    print_list(status, "troubles", "Troubles");
    print_list(status, "warnings", "Warnings");
    const auto& configuration = section(status, "configuration");
    fmt::print("Global configuration: {} version {}, expires {} ({} s left)\n", shown(configuration, "instance"),
               shown(configuration, "version"), shown(configuration, "expires"), shown(configuration, "seconds_left"));
    const auto& keys = section(status, "keys");
    fmt::print("Keys: {}\n", keys.contains("unlocked") && keys.at("unlocked").as_bool() ? "unlocked" : "locked");
    if (const auto* certificates = keys.if_contains("certificates"))
        for (const auto& certificate : certificates->as_array()) print_certificate(certificate.as_object());
    if (const auto& log = section(status, "message_log"); !log.empty())
        fmt::print("Message log: record {}, {} without time-stamp (oldest {} s), {} waiting\n",
                   shown(log, "last_number"), shown(log, "unstamped"), shown(log, "oldest_unstamped_s"),
                   shown(log, "waiting"));
    if (const auto* refusals = status.if_contains("refusals"); refusals && !refusals->as_array().empty()) {
        fmt::print("Last refusals:\n");
        for (const auto& entry : refusals->as_array()) {
            const auto& one = entry.as_object();
            fmt::print("  {}  {}  {}  {} -> {}\n", shown(one, "at"), shown(one, "side"), shown(one, "code"),
                       shown(one, "client"), shown(one, "service"));
        }
    }
    const auto& state = section(status, "state");
    fmt::print("State: revision {}, {} clients, {} services, {} rights\n", shown(state, "revision"),
               shown(state, "clients"), shown(state, "services"), shown(state, "rights"));
}

}  // namespace

Outcome status(const std::filesystem::path& folder, bool as_json) {
    auto asking = Asking::of(folder);
    if (!asking) {
        complain(asking.error());
        return Outcome::could_not_tell;
    }
    const auto answer = asking->ask({{"do", "status"}});
    if (!answer) {
        complain(answer.error());
        return Outcome::could_not_tell;
    }
    const auto& status = answer->at("status").as_object();
    if (as_json)
        print(status);
    else
        print_status(status);
    if (!status.at("running").as_bool()) return Outcome::could_not_tell;
    return status.at("ok").as_bool() ? Outcome::yes : Outcome::no;
}

}  // namespace onceway::admin
