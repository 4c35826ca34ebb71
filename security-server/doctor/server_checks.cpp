// The process and the machine: does it run, as whom, on which OpenSSL, with what room.
#include "certs/channel/tls.hpp"
#include "security-server/admin/machine.hpp"
#include "security-server/doctor/checks.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace onceway::doctor {
namespace {

std::string user_name(uid_t user) {
    const auto* entry = ::getpwuid(user);
    return entry ? std::string(entry->pw_name) : std::to_string(user);
}

std::string reasons(const boost::json::object& status, std::string_view key) {
    std::string all;
    if (const auto* list = status.if_contains(key); list && list->is_array())
        for (const auto& reason : list->as_array())
            all += (all.empty() ? "" : " ") + admin::text_in(reason.as_object(), "text");
    return all;
}

Finding process_finding(const Patient& patient) {
    const auto group = Group::server;
    if (patient.hangs())
        return failed(
            group, "process", "", "It runs, but does not answer its operator: " + patient.silent->detail, Turn::here,
            "Look at its log and at the load of this machine; when it stays so, keep the log and restart it.");
    if (patient.silent)
        return failed(group, "process", "", patient.silent->detail, Turn::here,
                      "Until the folder opens, no command works on it and the server does not start: the sentence says "
                      "what is in the way.");
    if (!patient.running)
        return warning(group, "process", "", "The server does not run.", Turn::here,
                       "Start it with `onceway-server run` when nothing below failed.");
    const auto& process = section(patient.status, "process");
    return ok(group, "process", "",
              fmt::format("It runs as process {} for {} s, with {} of memory and {} of {} descriptors.",
                          number_in(process, "pid"), number_in(process, "up_s"),
                          admin::in_units(static_cast<std::uint64_t>(number_in(process, "memory_octets"))),
                          number_in(process, "descriptors"), number_in(process, "descriptors_most")));
}

/// What the running server itself complains about; each cause is looked for below.
Finding own_word(const Patient& patient) {
    const auto troubles = reasons(patient.status, "troubles"), warnings = reasons(patient.status, "warnings");
    if (!troubles.empty())
        return failed(Group::server, "own_word", "", "The server says that messages cannot flow: " + troubles,
                      Turn::here, "The failures below name the cause; mend those first, then look again.");
    if (!warnings.empty())
        return warning(Group::server, "own_word", "", "The server warns: " + warnings, Turn::here,
                       "Messages flow; what is found below says what will stop them, and when.");
    return ok(Group::server, "own_word", "", "The server says that messages can flow.");
}

Finding user_finding(const Patient& patient) {
    struct stat about{};
    if (::stat(patient.file.folder.c_str(), &about) != 0)
        return unknown(Group::server, "user", "", "The folder cannot be looked at.",
                       "Name the right folder with --dir.");
    const auto owner = user_name(about.st_uid), us = user_name(::geteuid());
    if (about.st_uid == ::geteuid()) return ok(Group::server, "user", "", "You are its user, " + us + ".");
    return warning(Group::server, "user", "", fmt::format("You are {}, but the folder belongs to {}.", us, owner),
                   Turn::here,
                   fmt::format("Run the doctor as {}: what is found about files holds for the user who asks.", owner));
}

Finding openssl_finding(const Patient& patient) {
    const auto recent = channel::check_openssl(false);
    if (recent) return ok(Group::server, "openssl", "", channel::openssl_name() + ".");
    const std::string next = "Update the package libssl3 and restart the server.";
    if (patient.file.allow_outdated_openssl)
        return warning(Group::server, "openssl", "",
                       channel::openssl_name() + " lacks fixes in code that is called; server.toml allows it.",
                       Turn::here, next);
    return failed(Group::server, "openssl", "", recent.error().detail, Turn::here, next);
}

}  // namespace

Checks server_checks(const PatientPtr& patient) {
    const auto late = [](const char* name) {
        return unknown(Group::server, name, "", "This machine did not answer in time.", "Look at its load.");
    };
    Checks checks;
    checks.push_back(check(late("process"), [patient] { return process_finding(*patient); }));
    if (patient->running) checks.push_back(check(late("own_word"), [patient] { return own_word(*patient); }));
    checks.push_back(check(late("user"), [patient] { return user_finding(*patient); }));
    checks.push_back(check(late("openssl"), [patient] { return openssl_finding(*patient); }));
    return checks;
}

}  // namespace onceway::doctor
