// `onceway-server status`: how the server stands, for people and for programs.
#include "security-server/admin/asking.hpp"
#include "security-server/admin/machine.hpp"

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

const json::array& list(const json::object& status, std::string_view name) {
    static const json::array none;
    const auto* found = status.if_contains(name);
    return found && found->is_array() ? found->as_array() : none;
}

std::int64_t count(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

/// "2 d 3 h", "14 min", "8 s".
std::string duration(std::int64_t seconds) {
    if (seconds < 0) return "-" + duration(-seconds);
    if (seconds >= 86'400) return fmt::format("{} d {} h", seconds / 86'400, seconds % 86'400 / 3'600);
    if (seconds >= 3'600) return fmt::format("{} h {} min", seconds / 3'600, seconds % 3'600 / 60);
    if (seconds >= 180) return fmt::format("{} min", seconds / 60);
    return fmt::format("{} s", seconds);
}

void print_reasons(const json::object& status, std::string_view key, std::string_view title) {
    if (list(status, key).empty()) return;
    fmt::print("{}:\n", title);
    for (const auto& reason : list(status, key))
        fmt::print("  {}: {}\n", shown(reason.as_object(), "code"), shown(reason.as_object(), "text"));
}

void print_configuration(const json::object& configuration) {
    fmt::print("Global configuration: ");
    if (!configuration.contains("version")) return fmt::print("none\n");
    fmt::print("{} version {}, expires {} ({} left)\n", shown(configuration, "instance"),
               shown(configuration, "version"), shown(configuration, "expires"),
               duration(count(configuration, "seconds_left")));
    if (configuration.contains("last_success"))
        fmt::print("  from {}, last at {}\n", shown(configuration, "location"), shown(configuration, "last_success"));
}

void print_certificate(const json::object& certificate) {
    fmt::print("  {:<14}  {}\n", shown(certificate, "usage"), shown(certificate, "subject"));
    fmt::print("    key {}, ends {} ({} days left){}{}\n", shown(certificate, "key"), shown(certificate, "not_after"),
               shown(certificate, "days_left"),
               certificate.contains("member") ? ", signs for " + shown(certificate, "member") : "",
               certificate.contains("registered")
                   ? (certificate.at("registered").as_bool() ? ", registered" : ", NOT registered")
                   : "");
    const auto& ocsp = section(certificate, "ocsp");
    if (!ocsp.empty())
        fmt::print(
            "    OCSP: {}, {} old, good for {} more{}\n", shown(ocsp, "status"), duration(count(ocsp, "age_s")),
            duration(count(ocsp, "seconds_left")),
            certificate.contains("ocsp_next_s") ? ", next in " + duration(count(certificate, "ocsp_next_s")) : "");
    for (const char* trouble : {"trouble", "ocsp_trouble"})
        if (certificate.contains(trouble)) fmt::print("    {}\n", shown(certificate, trouble));
}

void print_keys(const json::object& keys) {
    fmt::print("Keys: {}\n", keys.contains("unlocked") && keys.at("unlocked").as_bool() ? "unlocked" : "locked");
    for (const auto& certificate : list(keys, "certificates")) print_certificate(certificate.as_object());
    if (const auto& internal = section(keys, "internal_tls"); !internal.empty())
        fmt::print("  {:<14}  {}, ends {} ({} days left)\n", "internal TLS", shown(internal, "subject"),
                   shown(internal, "not_after"), shown(internal, "days_left"));
}

void print_log(const json::object& log, const json::object& stamping, const json::object& disk) {
    if (!log.empty())
        fmt::print("Message log: record {}, {} without time-stamp{}{}\n", shown(log, "last_number"),
                   shown(log, "unstamped"),
                   log.contains("oldest_unstamped_s") ? ", oldest " + duration(count(log, "oldest_unstamped_s")) : "",
                   log.at("writable").as_bool() ? "" : ", NOT WRITABLE");
    for (const auto& authority : section(stamping, "authorities"))
        fmt::print("  time-stamps from {}: {}\n", std::string(authority.key()),
                   std::string(authority.value().as_string()));
    if (!disk.empty())
        fmt::print("  {} of {} free in {}\n", in_units(static_cast<std::uint64_t>(count(disk, "free_octets"))),
                   in_units(static_cast<std::uint64_t>(count(disk, "size_octets"))), shown(disk, "folder"));
}

void print_work(const json::object& queues, const json::object& process, const json::object& clock) {
    if (!queues.empty())
        fmt::print("At work: {} exchanges, {} connections; waiting: {} for a signature, {} for the log\n",
                   shown(queues, "exchanges"), shown(queues, "connections"), shown(queues, "signatures"),
                   shown(queues, "records"));
    if (const auto& work = section(queues, "work"); !work.empty())
        fmt::print(
            "  {} asking, {} answering, of {} each; {} held by bodies; {} refused as overloaded since the start\n",
            shown(work, "asking"), shown(work, "answering"), shown(work, "most"),
            in_units(static_cast<std::uint64_t>(count(work, "body_octets"))), shown(work, "refused"));
    for (const auto& entry : list(queues, "doors")) {
        const auto& door = entry.as_object();
        fmt::print("  {:<14}  {}:{}  {} connections, {} exchanges\n", shown(door, "name"), shown(door, "address"),
                   shown(door, "port"), shown(door, "connections"), shown(door, "exchanges"));
    }
    if (!process.empty())
        fmt::print("Process {}: up {}, memory {} (most {}), {} of {} descriptors\n", shown(process, "pid"),
                   duration(count(process, "up_s")),
                   in_units(static_cast<std::uint64_t>(count(process, "memory_octets"))),
                   in_units(static_cast<std::uint64_t>(count(process, "memory_peak_octets"))),
                   shown(process, "descriptors"), shown(process, "descriptors_most"));
    if (!clock.empty())
        fmt::print("Clock: {} ms from others' (known to {} ms)\n", shown(clock, "offset_ms"),
                   shown(clock, "uncertainty_ms"));
}

void print_refusals(const json::object& refusals) {
    if (refusals.contains("last_hour"))
        fmt::print("Refusals: {} in the last hour, {} since the start\n", shown(refusals, "last_hour"),
                   shown(refusals, "since_start"));
    for (const auto& entry : section(refusals, "last_hour_by_code"))
        fmt::print("  {:>6} x {}\n", json::serialize(entry.value()), std::string(entry.key()));
    if (!list(refusals, "last").empty()) fmt::print("Last refusals:\n");
    for (const auto& entry : list(refusals, "last")) {
        const auto& one = entry.as_object();
        fmt::print("  {}  {}  {}  {} -> {}\n", shown(one, "at"), shown(one, "side"), shown(one, "code"),
                   shown(one, "client"), shown(one, "service"));
    }
}

void print_status(const json::object& status) {
    const bool running = status.at("running").as_bool();
    fmt::print("{}  {}  {}\n", shown(status, "server"), running ? "running" : "stopped",
               status.at("ok").as_bool() ? "ok" : "NOT OK");
    print_reasons(status, "troubles", "Troubles");
    print_reasons(status, "warnings", "Warnings");
    print_configuration(section(status, "configuration"));
    print_keys(section(status, "keys"));
    print_log(section(status, "message_log"), section(status, "time_stamping"), section(status, "disk"));
    print_work(section(status, "queues"), section(status, "process"), section(status, "clock"));
    print_refusals(section(status, "refusals"));
    const auto& state = section(status, "state");
    fmt::print("State: revision {}, {} clients, {} services, {} rights\n", shown(state, "revision"),
               shown(state, "clients"), shown(state, "services"), shown(state, "rights"));
    for (const auto& entry : list(state, "client_standing")) {
        const auto& client = entry.as_object();
        const auto* registered = client.if_contains("registered");
        fmt::print("  {}  {}, {}\n", shown(client, "client"), shown(client, "connection"),
                   !registered             ? "registration unknown"
                   : registered->as_bool() ? "registered"
                                           : "NOT registered");
    }
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
